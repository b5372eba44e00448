-- version rises by one with every change; published_version is what im.relations has been told.
CREATE TABLE IF NOT EXISTS chat_groups (
  group_id VARCHAR(64) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  name VARCHAR(128) /*! CHARACTER SET utf8mb4 */ NOT NULL,
  version BIGINT NOT NULL,
  published_version BIGINT NOT NULL,
  dissolved INT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (group_id)
);

CREATE TABLE IF NOT EXISTS group_members (
  group_id VARCHAR(64) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  user_id VARCHAR(64) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  role VARCHAR(8) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  joined_at BIGINT NOT NULL,
  PRIMARY KEY (group_id, user_id),
  UNIQUE (user_id, group_id)
);

-- What happened at each version: the event for im.relations, written before the change is told and deleted once it was.
CREATE TABLE IF NOT EXISTS group_changes (
  group_id VARCHAR(64) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  version BIGINT NOT NULL,
  event TEXT /*! CHARACTER SET utf8mb4 */ NOT NULL,
  PRIMARY KEY (group_id, version)
);

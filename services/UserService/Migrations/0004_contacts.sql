-- One row per pair of users, first_id < second_id, so that any change of it is one statement. It stays when the two part, for its version.
-- state: none | requested (by requester_id) | accepted. since: when it came to this state.
CREATE TABLE IF NOT EXISTS contacts (
  first_id VARCHAR(64) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  second_id VARCHAR(64) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  state VARCHAR(16) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  requester_id VARCHAR(64) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  note VARCHAR(200) /*! CHARACTER SET utf8mb4 */ NOT NULL,
  since BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (first_id, second_id),
  UNIQUE (second_id, first_id)
);

-- Changes of groups and contacts, written before they are carried out and deleted once they were told: RelationLog. They take the place of
-- group_changes and of chat_groups.published_version, which stays 0. MEDIUMTEXT: the ids of 1,000 members may exceed the 64 KB of a TEXT.
CREATE TABLE IF NOT EXISTS relation_changes (
  kind VARCHAR(8) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  subject VARCHAR(140) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  version BIGINT NOT NULL,
  claimed_at BIGINT NOT NULL,
  event MEDIUMTEXT /*! CHARACTER SET utf8mb4 */ NOT NULL,
  PRIMARY KEY (kind, subject, version)
);

DROP TABLE IF EXISTS group_changes;

ALTER TABLE chat_groups ADD COLUMN invite VARCHAR(16) /*! CHARACTER SET ascii COLLATE ascii_bin */ DEFAULT 'admins' NOT NULL;

-- The group's version that added this member.
ALTER TABLE group_members ADD COLUMN joined_version BIGINT DEFAULT 0 NOT NULL;

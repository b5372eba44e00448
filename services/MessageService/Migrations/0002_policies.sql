-- How the message reaches the members (FanOutPolicy); decided by who stores it, so nobody ever guesses.
ALTER TABLE messages ADD COLUMN fan_out INT NOT NULL DEFAULT 0;

-- What became of the message since: recalled, edited, reactions. JSON, empty for most; compared and swapped.
ALTER TABLE messages ADD COLUMN amendment TEXT /*! CHARACTER SET utf8mb4 */ NOT NULL DEFAULT /*! ( */ '' /*! ) */;

-- Unix milliseconds after which nobody sees it; 0 for never.
ALTER TABLE messages ADD COLUMN expires_at BIGINT NOT NULL DEFAULT 0;

ALTER TABLE members ADD COLUMN delivered_seq BIGINT NOT NULL DEFAULT 0;

-- Settings of this user for this conversation. pinned_at: Unix milliseconds, 0 for not pinned.
ALTER TABLE members ADD COLUMN muted INT NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN pinned_at BIGINT NOT NULL DEFAULT 0;

-- 0: never a timeline; 1: is one now; 2: was one, and its messages are still read as one.
ALTER TABLE conversations ADD COLUMN timeline INT NOT NULL DEFAULT 0;

-- Segments of inboxes that exceed their capacity in the state store.
CREATE TABLE IF NOT EXISTS inbox_overflow (
  user_id VARCHAR(64) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  epoch VARCHAR(32) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  segment BIGINT NOT NULL,
  entries MEDIUMTEXT /*! CHARACTER SET utf8mb4 */ NOT NULL,
  PRIMARY KEY (user_id, epoch, segment)
);

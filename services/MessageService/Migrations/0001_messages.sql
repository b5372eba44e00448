-- The entity, stored once. The primary key is the sequencer, the unique key makes a retry harmless.
-- A void entity has no sender and the conversation and seq as its client message id.
CREATE TABLE IF NOT EXISTS messages (
  conversation_id VARCHAR(140) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  seq BIGINT NOT NULL,
  sender_id VARCHAR(64) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  client_message_id VARCHAR(180) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  sender_device_id VARCHAR(64) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  type VARCHAR(16) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  body TEXT /*! CHARACTER SET utf8mb4 */ NOT NULL,
  reply_to BIGINT NOT NULL,
  mentions TEXT /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  sent_at BIGINT NOT NULL,
  PRIMARY KEY (conversation_id, seq),
  UNIQUE (sender_id, client_message_id)
);

-- Who sees what of a conversation. user-service owns groups; these rows are what it told us, with the seqs that only we know.
-- A member sees join_seq <= seq, and seq < left_seq once it has left (0: it is a member).
-- version: that of the group when this row was last decided, so that an older snapshot never undoes a newer one.
CREATE TABLE IF NOT EXISTS members (
  user_id VARCHAR(64) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  conversation_id VARCHAR(140) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  role VARCHAR(8) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  join_seq BIGINT NOT NULL,
  left_seq BIGINT NOT NULL,
  read_seq BIGINT NOT NULL,
  cleared_seq BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (user_id, conversation_id),
  UNIQUE (conversation_id, user_id)
);

-- The newest group version whose members stand in the table above.
CREATE TABLE IF NOT EXISTS conversations (
  conversation_id VARCHAR(140) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (conversation_id)
);

CREATE TABLE IF NOT EXISTS users (
  user_id VARCHAR(64) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  display_name VARCHAR(128) /*! CHARACTER SET utf8mb4 */ NOT NULL,
  password_hash VARCHAR(255) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (user_id)
);

-- One session per device. refresh_hash: SHA-256 of the refresh token that works; used_hash: of the one before it. Presented again, that one
-- was stolen or copied, and the session ends.
CREATE TABLE IF NOT EXISTS devices (
  user_id VARCHAR(64) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  device_id VARCHAR(64) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  platform VARCHAR(16) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  created_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  refresh_hash VARCHAR(64) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  used_hash VARCHAR(64) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  refresh_expires_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, device_id)
);

-- The key pair that signs access tokens, in PKCS#8. Every instance reads the oldest one.
CREATE TABLE IF NOT EXISTS signing_keys (
  slot INT NOT NULL,
  key_id VARCHAR(64) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  private_key VARCHAR(1024) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (slot)
);

CREATE TABLE IF NOT EXISTS blocks (
  user_id VARCHAR(64) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  blocked_id VARCHAR(64) /*! CHARACTER SET ascii COLLATE ascii_bin */ NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, blocked_id)
);

-- A data file of version 1 of the schema, with something in each of its tables.
CREATE TABLE projects (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE CHECK (id <> ''), name TEXT NOT NULL);
CREATE TABLE keys (access_key TEXT PRIMARY KEY, secret_key TEXT NOT NULL, security_token TEXT,
    expires_at INTEGER) WITHOUT ROWID;
CREATE TABLE users (seq INTEGER PRIMARY KEY, name TEXT NOT NULL, password TEXT NOT NULL, domain TEXT NOT NULL,
    UNIQUE (domain, name));
CREATE TABLE tokens (hash BLOB PRIMARY KEY, project_id TEXT, expires_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE buckets (seq INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE groups (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, project_id TEXT NOT NULL,
    name TEXT NOT NULL, ttl_in_days INTEGER NOT NULL, creation_time INTEGER NOT NULL,
    UNIQUE (project_id, name));
CREATE TABLE streams (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    name TEXT NOT NULL, creation_time INTEGER NOT NULL,
    UNIQUE (group_id, name));
CREATE TABLE transfers (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, project_id TEXT NOT NULL,
    body TEXT NOT NULL);
CREATE TABLE transfer_streams (stream_id TEXT PRIMARY KEY REFERENCES streams (id),
    transfer_id TEXT NOT NULL REFERENCES transfers (id) ON DELETE CASCADE) WITHOUT ROWID;
CREATE INDEX streams_of_transfer ON transfer_streams (transfer_id);
INSERT INTO projects (id, name) VALUES ('seeded-project', 'cn-east-3');
INSERT INTO keys VALUES ('SEEDED', 'SK', NULL, NULL);
INSERT INTO users (name, password, domain) VALUES ('seeded', 'pw', 'lts');
-- The token "seeded-token".
INSERT INTO tokens VALUES (X'cc6b7985a1b665a57c305777f30d44c4f6d78fc022d92f5873afcd918670a530', 'seeded-project', 4102444800000);
INSERT INTO buckets (name) VALUES ('seeded-bucket');
INSERT INTO groups (id, project_id, name, ttl_in_days, creation_time)
    VALUES ('6ab1a4bb-50a3-4b9c-a1a6-4f1c1a9d0b11', 'seeded-project', 'app', 30, 1700000000000);
INSERT INTO streams (id, group_id, name, creation_time)
    VALUES ('5d41402a-bc4b-4a76-b971-9d911017c592', '6ab1a4bb-50a3-4b9c-a1a6-4f1c1a9d0b11', 'nginx', 1700000000001),
        ('2c624232-bc4b-4a76-b971-9d911017c592', '6ab1a4bb-50a3-4b9c-a1a6-4f1c1a9d0b11', 'worker', 1700000000002),
        ('19581e27-bc4b-4a76-b971-9d911017c592', '6ab1a4bb-50a3-4b9c-a1a6-4f1c1a9d0b11', 'audit', 1700000000003);
INSERT INTO transfers (id, project_id, body)
    VALUES ('7d793037-a076-4186-a4f1-2a2f1d3f0b7c', 'seeded-project', '{"log_group_id":"6ab1a4bb-50a3-4b9c-a1a6-4f1c1a9d0b11","log_stream_ids":["5d41402a-bc4b-4a76-b971-9d911017c592","2c624232-bc4b-4a76-b971-9d911017c592"],"obs_bucket_name":"seeded-bucket","type":"cycle","storage_format":"JSON","switch_on":false,"prefix_name":"p","dir_prefix_name":"","period":5,"period_unit":"min"}'),
        ('e4da3b7f-a076-4186-a4f1-2a2f1d3f0b7c', 'seeded-project', '{"log_group_id":"6ab1a4bb-50a3-4b9c-a1a6-4f1c1a9d0b11","log_stream_ids":["19581e27-bc4b-4a76-b971-9d911017c592"],"obs_bucket_name":"seeded-bucket","type":"cycle","period":12,"period_unit":"hour"}');
INSERT INTO transfer_streams
    VALUES ('5d41402a-bc4b-4a76-b971-9d911017c592', '7d793037-a076-4186-a4f1-2a2f1d3f0b7c'),
        ('2c624232-bc4b-4a76-b971-9d911017c592', '7d793037-a076-4186-a4f1-2a2f1d3f0b7c'),
        ('19581e27-bc4b-4a76-b971-9d911017c592', 'e4da3b7f-a076-4186-a4f1-2a2f1d3f0b7c');
PRAGMA application_id = 1280594757;
PRAGMA user_version = 1;
PRAGMA journal_mode = WAL;

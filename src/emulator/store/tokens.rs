//! Projects, key pairs, users and tokens.

use jiff::Timestamp;
use rusqlite::params;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    Store,
    cache::{CachedToken, Invalidation, TokenSuffix},
    database::Database,
    error::Result,
    inner::Inner,
};
use crate::emulator::{
    account::{Key, Project, User},
    random,
};

/// A token that has not expired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::emulator) struct Token {
    /// The token's project, which exists; none for a domain token or an unscoped one.
    pub(in crate::emulator) project_id: Option<String>,
}

impl Store {
    /// A key pair that has not expired.
    pub(in crate::emulator) fn key(&self, access_key: &str, now: Timestamp) -> Result<Option<Key>> {
        self.read().database.optional(
            "SELECT access_key, secret_key, security_token, expires_at FROM keys
             WHERE access_key = ?1 AND (expires_at IS NULL OR expires_at > ?2)",
            params![access_key, now.as_millisecond()],
            |row| {
                let expires_at: Option<i64> = row.get(3)?;
                Ok(Key {
                    access_key: row.get(0)?,
                    secret_key: row.get(1)?,
                    security_token: row.get(2)?,
                    expires_at: expires_at.and_then(|time| Timestamp::from_millisecond(time).ok()),
                })
            },
        )
    }

    pub(in crate::emulator) fn user(&self, name: &str, domain: &str) -> Result<Option<User>> {
        self.read().database.optional(
            "SELECT name, password, domain FROM users WHERE name = ?1 AND domain = ?2",
            [name, domain],
            |row| Ok(User { name: row.get(0)?, password: row.get(1)?, domain: row.get(2)? }),
        )
    }

    pub(in crate::emulator) fn projects(&self) -> Result<Vec<Project>> {
        self.read().database.all("SELECT id, name FROM projects ORDER BY seq", [], |row| {
            Ok(Project { id: row.get(0)?, name: row.get(1)? })
        })
    }

    pub(in crate::emulator) fn has_project(&self, id: &str) -> Result<bool> {
        self.read().database.has_project(id)
    }

    /// Issues a token. Only its hash is stored.
    pub(in crate::emulator) async fn create_token(
        &self,
        project_id: Option<&str>,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<String> {
        let token = random::token()?;
        let (hash, project_id) = (hash(token.as_bytes()), project_id.map(str::to_owned));
        self.write(Invalidation::TOKENS, move |database| {
            database.execute("DELETE FROM tokens WHERE expires_at <= ?1", [now.as_millisecond()])?;
            Ok(database.add_token(hash, project_id.as_deref(), expires_at)?)
        })
        .await?;
        Ok(token)
    }

    pub(in crate::emulator) fn token(&self, token: &[u8], now: Timestamp) -> Result<Option<Token>> {
        let mut inner = self.read();
        let Inner { database, cache } = &mut *inner;
        let suffix: Option<&TokenSuffix> = token.last_chunk();
        let known = suffix.and_then(|suffix| cache.tokens.get(suffix)).filter(|known| **known.text == *token);
        let (project_id, expires_at) = match known {
            Some(known) => (known.project_id.clone(), known.expires_at),
            None => {
                let found = database.optional(
                    "SELECT projects.id, expires_at
                     FROM tokens LEFT JOIN projects ON projects.id = project_id WHERE hash = ?1",
                    [hash(token)],
                    |row| Ok((row.get::<_, Option<String>>(0)?, row.get(1)?)),
                )?;
                let Some((project_id, expires_at)) = found else { return Ok(None) };
                if let Some(suffix) = suffix {
                    let text = Zeroizing::new(Box::from(token));
                    let project_id = project_id.clone();
                    cache.tokens.insert(*suffix, CachedToken { text, project_id, expires_at });
                }
                (project_id, expires_at)
            }
        };
        Ok((expires_at > now.as_millisecond()).then_some(Token { project_id }))
    }
}

impl Database {
    pub(super) fn has_project(&self, id: &str) -> Result<bool> {
        self.exists("SELECT 1 FROM projects WHERE id = ?1", [id])
    }

    pub(super) fn add_token(
        &self,
        hash: [u8; 32],
        project: Option<&str>,
        expires_at: Timestamp,
    ) -> rusqlite::Result<()> {
        self.execute(
            "INSERT INTO tokens (hash, project_id, expires_at) VALUES (?1, ?2, ?3)",
            params![hash, project, expires_at.as_millisecond()],
        )?;
        Ok(())
    }
}

/// The stored form of a token.
pub(super) fn hash(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}

//! Who may do what: projects, key pairs, users, tokens.

use jiff::Timestamp;
use rusqlite::params;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    Inner, Result, Store,
    kept::{Affected, End, KnownToken},
    tables::Tables,
};
use crate::emulator::{
    random,
    stock::{Key, Project, User},
};

/// A token that is known and has not expired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::emulator) struct Token {
    /// The project that it is for, which is there; none if it is for a domain, or for nothing in particular.
    pub(in crate::emulator) project_id: Option<String>,
}

impl Store {
    /// A key pair, unless it has expired.
    pub(in crate::emulator) fn key(&self, access_key: &str, now: Timestamp) -> Result<Option<Key>> {
        self.look().tables.optional(
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
        self.look().tables.optional(
            "SELECT name, password, domain FROM users WHERE name = ?1 AND domain = ?2",
            [name, domain],
            |row| Ok(User { name: row.get(0)?, password: row.get(1)?, domain: row.get(2)? }),
        )
    }

    pub(in crate::emulator) fn projects(&self) -> Result<Vec<Project>> {
        self.look().tables.all("SELECT id, name FROM projects ORDER BY seq", [], |row| {
            Ok(Project { id: row.get(0)?, name: row.get(1)? })
        })
    }

    pub(in crate::emulator) fn has_project(&self, id: &str) -> Result<bool> {
        self.look().tables.has_project(id)
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
        self.change(Affected::TOKENS, move |tables| {
            tables.execute("DELETE FROM tokens WHERE expires_at <= ?1", [now.as_millisecond()])?;
            Ok(tables.add_token(hash, project_id.as_deref(), expires_at)?)
        })
        .await?;
        Ok(token)
    }

    pub(in crate::emulator) fn token(&self, token: &[u8], now: Timestamp) -> Result<Option<Token>> {
        let mut inner = self.look();
        let Inner { tables, kept } = &mut *inner;
        let end: Option<&End> = token.last_chunk();
        let known = end.and_then(|end| kept.tokens.get(end)).filter(|known| **known.text == *token);
        let (found, expires_at) = match known {
            Some(known) => (known.token.clone(), known.expires_at),
            None => {
                let found = tables.optional(
                    "SELECT projects.id, expires_at
                     FROM tokens LEFT JOIN projects ON projects.id = project_id WHERE hash = ?1",
                    [hash(token)],
                    |row| Ok((Token { project_id: row.get(0)? }, row.get(1)?)),
                )?;
                let Some((found, expires_at)) = found else { return Ok(None) };
                if let Some(end) = end {
                    let text = Zeroizing::new(Box::from(token));
                    kept.tokens.keep(*end, KnownToken { text, token: found.clone(), expires_at });
                }
                (found, expires_at)
            }
        };
        Ok((expires_at > now.as_millisecond()).then_some(found))
    }
}

impl Tables {
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

/// What is kept of a token.
pub(super) fn hash(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}

//! Values on their way into a statement, and rows on their way out: four kinds, the same in both databases.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use bytes::{BufMut, BytesMut};
use jiff::Timestamp;
use rusqlite::types::{ToSqlOutput, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type};
use vestibule_domain::id::{
    AccountId, ApiKeyId, ApplicantId, AttemptId, ConnectionId, EventId, FamilyId, LogoutId, SessionId, SetupLinkId,
    UserId,
};

use crate::StoreError;

/// A parameter of a statement.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Text(Cow<'a, str>),
    Blob(Cow<'a, [u8]>),
    Id([u8; 16]),
}

/// The ids of the domain, which are stored as their 16 octets.
pub(crate) trait Id: Sized {
    fn of_octets(octets: [u8; 16]) -> Self;
}

/// A value stored as JSON.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<Value<'static>, StoreError> {
    let unwritable = |_| StoreError::Unwritable { what: std::any::type_name::<T>() };
    serde_json::to_string(value).map(Value::from).map_err(unwritable)
}

/// A row of a result. Columns are read by position, in the order of the statement's text.
pub(crate) struct Row {
    cells: Cells,
    /// The statement: its table is named in an error.
    sql: &'static str,
}

enum Cells {
    Sqlite(Vec<Value<'static>>),
    Postgres(tokio_postgres::Row),
}

impl Row {
    pub(crate) fn sqlite(row: &rusqlite::Row<'_>, columns: usize, sql: &'static str) -> Result<Self, StoreError> {
        let unreadable = |column, got, want| StoreError::Unreadable { table: table(sql), column, got, want };
        let mut cells = Vec::with_capacity(columns);
        for column in 0..columns {
            cells.push(match row.get_ref(column)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => Value::Int(number),
                ValueRef::Text(text) => match std::str::from_utf8(text) {
                    Ok(text) => Value::Text(Cow::Owned(text.to_owned())),
                    Err(_) => return Err(unreadable(column, "octets that are no UTF-8", "text")),
                },
                ValueRef::Blob(octets) => Value::Blob(Cow::Owned(octets.to_owned())),
                ValueRef::Real(_) => return Err(unreadable(column, "a fraction", "a whole number")),
            });
        }
        Ok(Self { cells: Cells::Sqlite(cells), sql })
    }

    pub(crate) fn postgres(row: tokio_postgres::Row, sql: &'static str) -> Self {
        Self { cells: Cells::Postgres(row), sql }
    }

    pub(crate) fn text(&self, column: usize) -> Result<&str, StoreError> {
        self.text_or_null(column)?.ok_or_else(|| self.unreadable(column, "nothing", "text"))
    }

    pub(crate) fn text_or_null(&self, column: usize) -> Result<Option<&str>, StoreError> {
        match self.cell(column)? {
            Cell::Null => Ok(None),
            Cell::Text(text) => Ok(Some(text)),
            other => Err(self.unreadable(column, other.kind(), "text")),
        }
    }

    pub(crate) fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.int_or_null(column)?.ok_or_else(|| self.unreadable(column, "nothing", "a number"))
    }

    pub(crate) fn int_or_null(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self.cell(column)? {
            Cell::Null => Ok(None),
            Cell::Int(number) => Ok(Some(number)),
            other => Err(self.unreadable(column, other.kind(), "a number")),
        }
    }

    pub(crate) fn blob(&self, column: usize) -> Result<&[u8], StoreError> {
        self.blob_or_null(column)?.ok_or_else(|| self.unreadable(column, "nothing", "octets"))
    }

    pub(crate) fn blob_or_null(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        match self.cell(column)? {
            Cell::Null => Ok(None),
            Cell::Blob(octets) => Ok(Some(octets)),
            other => Err(self.unreadable(column, other.kind(), "octets")),
        }
    }

    pub(crate) fn truth(&self, column: usize) -> Result<bool, StoreError> {
        match self.int(column)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.unreadable(column, "another number", "0 or 1")),
        }
    }

    pub(crate) fn time(&self, column: usize) -> Result<Timestamp, StoreError> {
        self.time_or_null(column)?.ok_or_else(|| self.unreadable(column, "nothing", "a time"))
    }

    pub(crate) fn time_or_null(&self, column: usize) -> Result<Option<Timestamp>, StoreError> {
        let no_time = |_| self.unreadable(column, "another number", "a time in milliseconds");
        self.int_or_null(column)?.map(Timestamp::from_millisecond).transpose().map_err(no_time)
    }

    pub(crate) fn id<T: Id>(&self, column: usize) -> Result<T, StoreError> {
        self.array(column).map(T::of_octets)
    }

    pub(crate) fn id_or_null<T: Id>(&self, column: usize) -> Result<Option<T>, StoreError> {
        if self.blob_or_null(column)?.is_none() { Ok(None) } else { self.id(column).map(Some) }
    }

    pub(crate) fn array<const N: usize>(&self, column: usize) -> Result<[u8; N], StoreError> {
        self.blob(column)?
            .try_into()
            .map_err(|_| self.unreadable(column, "octets of another length", "an id or a hash"))
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, column: usize) -> Result<T, StoreError> {
        self.json_or_null(column)?.ok_or_else(|| self.unreadable(column, "nothing", "JSON"))
    }

    pub(crate) fn json_or_null<T: DeserializeOwned>(&self, column: usize) -> Result<Option<T>, StoreError> {
        let other = |_| self.unreadable(column, "another JSON", std::any::type_name::<T>());
        self.text_or_null(column)?.map(serde_json::from_str).transpose().map_err(other)
    }

    /// A text that a type reads: a name, an address.
    pub(crate) fn parsed<T>(&self, column: usize, read: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError> {
        read(self.text(column)?).ok_or_else(|| self.unreadable(column, "another text", std::any::type_name::<T>()))
    }

    /// The error of a column whose content does not parse.
    pub(crate) fn unreadable(&self, column: usize, got: &'static str, want: &'static str) -> StoreError {
        StoreError::Unreadable { table: table(self.sql), column, got, want }
    }

    fn cell(&self, column: usize) -> Result<Cell<'_>, StoreError> {
        match &self.cells {
            Cells::Sqlite(cells) => match cells.get(column) {
                Some(Value::Null) => Ok(Cell::Null),
                Some(Value::Int(number)) => Ok(Cell::Int(*number)),
                Some(Value::Text(text)) => Ok(Cell::Text(text)),
                Some(Value::Blob(octets)) => Ok(Cell::Blob(octets)),
                Some(Value::Id(octets)) => Ok(Cell::Blob(octets)),
                None => Err(self.unreadable(column, "no such column", "a column")),
            },
            Cells::Postgres(row) => {
                row.try_get(column).map_err(|_| self.unreadable(column, "another type", "text, number or octets"))
            }
        }
    }
}

/// The first table that a statement names.
fn table(sql: &'static str) -> &'static str {
    let mut words = sql.split_whitespace().skip_while(|word| !matches!(*word, "FROM" | "INTO" | "UPDATE")).skip(1);
    words.next().unwrap_or(sql)
}

/// One column of one row, borrowed.
enum Cell<'r> {
    Null,
    Int(i64),
    Text(&'r str),
    Blob(&'r [u8]),
}

impl Cell<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Cell::Null => "nothing",
            Cell::Int(_) => "a number",
            Cell::Text(_) => "text",
            Cell::Blob(_) => "octets",
        }
    }
}

impl<'r> FromSql<'r> for Cell<'r> {
    fn from_sql(kind: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        match *kind {
            Type::INT8 => i64::from_sql(kind, raw).map(Cell::Int),
            Type::INT4 => i32::from_sql(kind, raw).map(|number| Cell::Int(number.into())),
            Type::BYTEA => Ok(Cell::Blob(raw)),
            _ => <&str>::from_sql(kind, raw).map(Cell::Text),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Cell::Null)
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::INT4 | Type::BYTEA | Type::TEXT | Type::VARCHAR)
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(octets) => ValueRef::Blob(octets),
            Value::Id(octets) => ValueRef::Blob(octets),
        }))
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Value::Null => return Ok(IsNull::Yes),
            // `LIMIT $1` and the like may be inferred as another width.
            Value::Int(number) if *kind == Type::INT4 => out.put_i32(i32::try_from(*number)?),
            Value::Int(number) => out.put_i64(*number),
            Value::Text(text) => out.put_slice(text.as_bytes()),
            Value::Blob(octets) => out.put_slice(octets),
            Value::Id(octets) => out.put_slice(octets),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let fits = match self {
            Value::Null => true,
            Value::Int(_) => matches!(*kind, Type::INT8 | Type::INT4),
            Value::Text(_) => matches!(*kind, Type::TEXT | Type::VARCHAR),
            Value::Blob(_) | Value::Id(_) => *kind == Type::BYTEA,
        };
        if fits {
            ToSql::to_sql(self, kind, out)
        } else {
            Err(format!("{self:?} for a parameter of type {kind}").into())
        }
    }
}

/// The kind alone: parameters are personal or secret as often as not.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Value::Null => "null",
            Value::Int(_) => "a number",
            Value::Text(_) => "text",
            Value::Blob(_) => "octets",
            Value::Id(_) => "an id",
        })
    }
}

macro_rules! ids {
    ($($name:ident)*) => {$(
        impl From<$name> for Value<'_> {
            fn from(id: $name) -> Self {
                Value::Id(id.bytes())
            }
        }

        impl Id for $name {
            fn of_octets(octets: [u8; 16]) -> Self {
                Self::from_bytes(octets)
            }
        }
    )*};
}
ids! { AccountId ApplicantId AttemptId ConnectionId EventId FamilyId LogoutId SessionId SetupLinkId ApiKeyId UserId }

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Value::Int(number)
    }
}

impl From<bool> for Value<'_> {
    fn from(truth: bool) -> Self {
        Value::Int(truth.into())
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(time: Timestamp) -> Self {
        Value::Int(time.as_millisecond())
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Value::Text(Cow::Owned(text))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Value::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(octets: &'a [u8]) -> Self {
        Value::Blob(Cow::Borrowed(octets))
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(octets: &'a [u8; N]) -> Self {
        Value::Blob(Cow::Borrowed(octets))
    }
}

impl From<Vec<u8>> for Value<'_> {
    fn from(octets: Vec<u8>) -> Self {
        Value::Blob(Cow::Owned(octets))
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(octets: &'a Vec<u8>) -> Self {
        Value::Blob(Cow::Borrowed(octets))
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

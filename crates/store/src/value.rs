//! Values on their way into a statement, and rows on their way out: four kinds, the same in both databases.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use bytes::{BufMut, BytesMut};
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type};

use crate::StoreError;

/// A parameter of a statement.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Text(Cow<'a, str>),
    Blob(Cow<'a, [u8]>),
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
            Value::Blob(_) => *kind == Type::BYTEA,
        };
        if fits { ToSql::to_sql(self, kind, out) } else { Err(format!("{self:?} for a parameter of type {kind}").into()) }
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
        })
    }
}

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

impl From<jiff::Timestamp> for Value<'_> {
    fn from(time: jiff::Timestamp) -> Self {
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

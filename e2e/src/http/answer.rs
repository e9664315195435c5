//! An answer, read to its end.

use std::io::{self, BufRead, BufReader, Read as _};
use std::net::TcpStream;

use super::{HttpError, Response};

/// An answer beyond this is no page of ours.
const MAX_BODY: u64 = 64 * 1024 * 1024;

/// Reads the answer to a request of this method at this address.
pub(super) fn answer(stream: TcpStream, url: &str, method: &str) -> Result<Response, HttpError> {
    let broken = |error| HttpError::Connection { url: url.to_owned(), error };
    let mut input = BufReader::new(stream);
    let status_line = read_line(&mut input).map_err(broken)?;
    let malformed = |got: &str, wanted| HttpError::Malformed { url: url.to_owned(), got: got.to_owned(), wanted };
    let status = status_line.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| malformed(&status_line, "a status line"))?;
    let mut response = Response { url: url.to_owned(), status, headers: Vec::new(), body: Vec::new() };
    loop {
        let line = read_line(&mut input).map_err(broken)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| malformed(&line, "a header"))?;
        response.headers.push((name.to_owned(), value.trim().to_owned()));
    }
    response.body = read_body(&mut input, &response, method).map_err(broken)?;
    Ok(response)
}

fn read_body(input: &mut impl BufRead, response: &Response, method: &str) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if method == "HEAD" || matches!(response.status, 100..200 | 204 | 304) {
        return Ok(body);
    }
    if response.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        loop {
            let line = read_line(input)?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).map_err(|_| io::Error::other(format!("chunk size {line:?}")))?;
            read_exactly(input, &mut body, size as u64)?;
            read_line(input)?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
    match response.header("content-length").and_then(|length| length.parse().ok()) {
        Some(length) => read_exactly(input, &mut body, length)?,
        None => _ = input.take(MAX_BODY).read_to_end(&mut body)?,
    }
    Ok(body)
}

fn read_exactly(input: &mut impl BufRead, body: &mut Vec<u8>, length: u64) -> io::Result<()> {
    let read = input.take(length.min(MAX_BODY)).read_to_end(body)?;
    if read as u64 == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn read_line(input: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    input.take(64 * 1024).read_until(b'\n', &mut line)?;
    match line.strip_suffix(b"\r\n") {
        Some(line) => Ok(String::from_utf8_lossy(line).into_owned()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

use std::cell::RefCell;
use std::io::ErrorKind;

use tokio::net::TcpStream;

use super::{Answers, Request, answer};

/// Octets that are read at once.
const ROOM: usize = 16 * 1024;

/// Answers one request after the other until the client leaves.
pub(super) async fn converse(stream: TcpStream, answers: &RefCell<dyn Answers>) {
    let _ = stream.set_nodelay(true);
    let mut buffer = Vec::with_capacity(ROOM);
    loop {
        let Some((head_end, length)) = whole(&buffer) else {
            if !read(&stream, &mut buffer).await {
                return;
            }
            continue;
        };
        let text = String::from_utf8_lossy(&buffer[..head_end + length]);
        let response = match request(&text, head_end) {
            Some(request) => answers.borrow_mut().answer(&request),
            None => answer("400 Bad Request", "", "text/plain", "not a request"),
        };
        buffer.drain(..head_end + length);
        if !write(&stream, &response).await {
            return;
        }
    }
}

/// Where the head ends and how long the content is, once the whole request is there.
fn whole(buffer: &[u8]) -> Option<(usize, usize)> {
    let end = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&buffer[..end]).ok()?;
    let length = head.split("\r\n").find_map(|line| line.strip_prefix("Content-Length: "));
    let length = length.and_then(|length| length.parse().ok()).unwrap_or(0);
    (buffer.len() >= end + length).then_some((end, length))
}

fn request(text: &str, head_end: usize) -> Option<Request<'_>> {
    let (head, body) = text.split_at_checked(head_end)?;
    let mut words = head.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Some(Request { method, path, query, head, body })
}

async fn read(stream: &TcpStream, buffer: &mut Vec<u8>) -> bool {
    loop {
        if stream.readable().await.is_err() {
            return false;
        }
        let filled = buffer.len();
        buffer.resize(filled + ROOM, 0);
        let result = stream.try_read(&mut buffer[filled..]);
        buffer.truncate(filled + *result.as_ref().unwrap_or(&0));
        match result {
            Ok(0) => return false,
            Ok(_) => return true,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return false,
        }
    }
}

async fn write(stream: &TcpStream, mut rest: &[u8]) -> bool {
    while !rest.is_empty() {
        match stream.try_write(rest) {
            Ok(sent) => rest = &rest[sent..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if stream.writable().await.is_err() {
                    return false;
                }
            }
            Err(_) => return false,
        }
    }
    true
}

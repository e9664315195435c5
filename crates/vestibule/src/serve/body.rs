//! The body of a request, which has to arrive in time.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use thiserror::Error;
use tokio::time::Sleep;

/// The time for the whole body, from when somebody waits for it.
pub(super) const TIME: Duration = Duration::from_secs(20);

/// A body that fails when it takes longer than [`TIME`].
#[derive(Debug)]
pub(super) struct TimedBody<B = Incoming> {
    body: B,
    /// Started when there is something to wait for: most bodies come with their head.
    deadline: Option<Pin<Box<Sleep>>>,
}

/// Why a body ended before its end.
#[derive(Debug, Error)]
pub(super) enum BodyError<E> {
    #[error("the body did not arrive within {} seconds", TIME.as_secs())]
    TooSlow,
    #[error(transparent)]
    Broken(E),
}

impl<B> TimedBody<B> {
    pub(super) fn new(body: B) -> Self {
        Self { body, deadline: None }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for TimedBody<B> {
    type Data = Bytes;
    type Error = BodyError<B::Error>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            return Poll::Ready(frame.map(|frame| frame.map_err(BodyError::Broken)));
        }
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(TIME)));
        deadline.as_mut().poll(context).map(|()| Some(Err(BodyError::TooSlow)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

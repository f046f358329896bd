//! One frame on a stream: a big-endian `u32` length, then that many opaque bytes.
//!
//! Owns the length limits and the memory taken by frames which are being read. Does not look into a frame: the core
//! does, and it refuses what it can't parse. Bytes after the frame are never read.

use std::io;
use std::sync::Arc;

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::StreamProtocol;
use libp2p::request_response::Codec;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::{
    READ_STEP_BYTES, REQUEST_BUDGET_BYTES, REQUEST_BYTES_MAX, RESPONSE_BUDGET_BYTES, RESPONSE_BYTES_MAX,
};

/// The stream ended where a frame should begin. In place of a response it means that the peer had no room for the
/// request; it is not a fault, as a frame cut short is.
pub(super) const NO_FRAME: io::ErrorKind = io::ErrorKind::ConnectionAborted;

/// A frame and its share of the memory budget, which is free again when the permit is dropped.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) bytes: Vec<u8>,
    pub(super) permit: Option<OwnedSemaphorePermit>,
}

impl Frame {
    /// A frame to send; it belongs to no read budget.
    pub(super) fn outgoing(bytes: Vec<u8>) -> Self {
        Self { bytes, permit: None }
    }
}

/// Reads and writes frames. Clones share one budget.
#[derive(Clone, Debug)]
pub(super) struct FrameCodec {
    requests: Arc<Semaphore>,
    responses: Arc<Semaphore>,
}

impl FrameCodec {
    /// A codec with the node's whole memory budget.
    pub(super) fn new() -> Self {
        Self::with_budgets(REQUEST_BUDGET_BYTES, RESPONSE_BUDGET_BYTES)
    }

    fn with_budgets(requests: u32, responses: u32) -> Self {
        let permits = |bytes| Arc::new(Semaphore::new(usize::try_from(bytes).unwrap_or(usize::MAX >> 4)));
        Self { requests: permits(requests), responses: permits(responses) }
    }
}

impl Codec for FrameCodec {
    type Protocol = StreamProtocol;
    type Request = Frame;
    type Response = Frame;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Frame>
    where
        T: AsyncRead + Unpin + Send,
    {
        read(io, REQUEST_BYTES_MAX, &self.requests).await
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Frame>
    where
        T: AsyncRead + Unpin + Send,
    {
        read(io, RESPONSE_BYTES_MAX, &self.responses).await
    }

    async fn write_request<T>(&mut self, _: &StreamProtocol, io: &mut T, frame: Frame) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write(io, REQUEST_BYTES_MAX, &frame.bytes).await
    }

    async fn write_response<T>(&mut self, _: &StreamProtocol, io: &mut T, frame: Frame) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write(io, RESPONSE_BYTES_MAX, &frame.bytes).await
    }
}

async fn read<T>(io: &mut T, bytes_max: usize, budget: &Arc<Semaphore>) -> io::Result<Frame>
where
    T: AsyncRead + Unpin + Send,
{
    let mut prefix = [0; 4];
    let (first, rest) = prefix.split_at_mut(1);
    if io.read(first).await? == 0 {
        return Err(io::Error::new(NO_FRAME, "the stream ended before a frame began"));
    }
    io.read_exact(rest).await?;
    let length = usize::try_from(u32::from_be_bytes(prefix)).unwrap_or(usize::MAX);
    if length > bytes_max {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "frame is longer than allowed"));
    }
    let mut bytes = Vec::new();
    let mut permit: Option<OwnedSemaphorePermit> = None;
    while bytes.len() < length {
        let start = bytes.len();
        let step = READ_STEP_BYTES.min(length - start);
        let more = take(budget, step)?;
        match permit.as_mut() {
            Some(permit) => permit.merge(more),
            None => permit = Some(more),
        }
        bytes.reserve_exact(step);
        bytes.resize(start + step, 0);
        let room = bytes.get_mut(start..).ok_or(io::ErrorKind::InvalidData)?;
        io.read_exact(room).await?;
    }
    Ok(Frame { bytes, permit })
}

fn take(budget: &Arc<Semaphore>, bytes: usize) -> io::Result<OwnedSemaphorePermit> {
    // Never waits: streams that wait for each other's memory would all stand still until they time out.
    let permits = u32::try_from(bytes).map_err(|_| io::ErrorKind::OutOfMemory)?;
    Arc::clone(budget)
        .try_acquire_many_owned(permits)
        .map_err(|_| io::Error::new(io::ErrorKind::OutOfMemory, "no room for another frame"))
}

async fn write<T>(io: &mut T, bytes_max: usize, bytes: &[u8]) -> io::Result<()>
where
    T: AsyncWrite + Unpin + Send,
{
    let too_long = || io::Error::new(io::ErrorKind::InvalidInput, "frame is longer than allowed");
    if bytes.len() > bytes_max {
        return Err(too_long());
    }
    let length = u32::try_from(bytes.len()).map_err(|_| too_long())?;
    io.write_all(&length.to_be_bytes()).await?;
    io.write_all(bytes).await
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use futures::executor::block_on;
    use futures::io::Cursor;

    use super::*;

    const ANY: StreamProtocol = StreamProtocol::new("/any/1");

    fn read_request(codec: &mut FrameCodec, bytes: &[u8]) -> io::Result<Frame> {
        block_on(codec.read_request(&ANY, &mut Cursor::new(bytes)))
    }

    #[test]
    fn a_frame_written_is_the_frame_read() {
        for length in [0, 1, READ_STEP_BYTES, READ_STEP_BYTES + 1, REQUEST_BYTES_MAX] {
            let body: Vec<u8> = (0_u8..=250).cycle().take(length).collect();
            let mut codec = FrameCodec::new();
            let mut wire = Cursor::new(Vec::new());
            block_on(codec.write_request(&ANY, &mut wire, Frame::outgoing(body.clone()))).unwrap();
            let wire = wire.into_inner();
            assert_eq!(wire.len(), length + 4);
            assert_eq!(read_request(&mut codec, &wire).unwrap().bytes, body);
        }
    }

    #[test]
    fn a_length_over_the_limit_is_refused_before_the_body() {
        let over = u32::try_from(REQUEST_BYTES_MAX + 1).unwrap().to_be_bytes();
        let error = read_request(&mut FrameCodec::new(), &over).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        let error = read_request(&mut FrameCodec::new(), b"GET / HTTP/1.1\r\n\r\n").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_response_may_be_longer_than_a_request_and_no_longer() {
        let mut codec = FrameCodec::new();
        let mut sink = Cursor::new(Vec::new());
        let mut response = |length| block_on(codec.write_response(&ANY, &mut sink, Frame::outgoing(vec![0; length])));
        response(RESPONSE_BYTES_MAX).unwrap();
        assert_eq!(response(RESPONSE_BYTES_MAX + 1).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        let mut codec = FrameCodec::new();
        let request = Frame::outgoing(vec![0; REQUEST_BYTES_MAX + 1]);
        let error = block_on(codec.write_request(&ANY, &mut Cursor::new(Vec::new()), request)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn a_frame_cut_off_is_an_error() {
        let mut wire = 1000_u32.to_be_bytes().to_vec();
        wire.extend([0; 999]);
        let error = read_request(&mut FrameCodec::new(), &wire).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        let error = read_request(&mut FrameCodec::new(), &[0, 0]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(read_request(&mut FrameCodec::new(), &[]).unwrap_err().kind(), NO_FRAME);
    }

    #[test]
    fn frames_held_elsewhere_leave_no_room_until_they_are_dropped() {
        let mut codec = FrameCodec::with_budgets(1500, 0);
        let mut wire = 1000_u32.to_be_bytes().to_vec();
        wire.extend([0; 1000]);
        let held = read_request(&mut codec, &wire).unwrap();
        let error = read_request(&mut codec.clone(), &wire).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::OutOfMemory);
        drop(held);
        assert_eq!(read_request(&mut codec, &wire).unwrap().bytes.len(), 1000);
    }
}

//! Accepts connections and serves them within limits, until a graceful shutdown.
//!
//! It uses hyper's connection builder, since `axum::serve` can't limit the time for a request head or its size. A client
//! that is slow, sends too much, disappears or opens too many connections delays others at most for a while.

use std::{
    fmt,
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use axum::Router;
use http::{Request, Response};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::AsyncWrite,
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{sleep, timeout},
};

use super::{
    EmulatorError,
    options::Options,
    router::router,
    state::State,
    wire::{
        connection::{ClientStream, ConnectionAbort},
        connection_limit::{ConnectionLimiter, ConnectionPermit, TrackedBody},
        request::Peer,
    },
};

/// The most bytes of a request head: a token has 2,000, and other headers are short. hyper may read twice as much.
const MAX_HEAD: usize = 64 * 1024;
/// The pause after a failed accept, most likely for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Timeouts of a connection.
#[derive(Debug, Clone, Copy)]
struct Timeouts {
    /// For a request head to arrive. An idle connection is closed after it, too.
    head: Duration,
    /// For a client that reads nothing of its response.
    stall: Duration,
    /// For a client to stop sending after the emulator closed the connection.
    linger: Duration,
    /// For running calls to finish at a shutdown.
    grace: Duration,
}

const TIMEOUTS: Timeouts = Timeouts {
    head: Duration::from_secs(60),
    stall: Duration::from_secs(60),
    linger: Duration::from_secs(2),
    grace: Duration::from_secs(10),
};

/// An emulator with a bound listener. Connections wait in its backlog until [`run`](Self::run) is awaited.
#[must_use = "a server does nothing until `run` is awaited"]
pub struct Server {
    listener: std::net::TcpListener,
    pub(super) state: Arc<State>,
}

impl Options {
    /// Makes a server from the options and a listener. It serves requests once it [runs](Server::run).
    ///
    /// # Errors
    /// [`EmulatorError`] if the options contradict each other, or if the data file or the listener can't be used.
    pub fn listen(self, listener: std::net::TcpListener) -> Result<Server, EmulatorError> {
        let state = Arc::new(State::new(self)?);
        listener.set_nonblocking(true).map_err(EmulatorError::Listen)?;
        Ok(Server { listener, state })
    }
}

impl Server {
    /// Serves requests until `shutdown` completes; running calls may then take up to ten seconds to finish.
    ///
    /// The server has up to 4,096 connections, and at most three quarters of the files that the process may open.
    /// Beyond that, new connections wait, and idle connections are closed for them.
    ///
    /// `run` needs a tokio runtime with I/O and time.
    ///
    /// # Errors
    /// [`EmulatorError`] if the listener is unusable, or the data file can't be written any more. A failed
    /// connection is no error.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), EmulatorError> {
        let listener = TcpListener::from_std(self.listener).map_err(EmulatorError::Listen)?;
        let ended = async {
            tokio::select! {
                () = shutdown => {}
                () = self.state.store.failed() => {}
            }
        };
        accept(listener, router(&self.state), ConnectionLimiter::new(), TIMEOUTS, ended).await;
        self.state.store.failure().map_or(Ok(()), |error| Err(error.into()))
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("listener", &self.listener).finish_non_exhaustive()
    }
}

/// Accepts connections until `shutdown`, then waits for them to end.
async fn accept(
    listener: TcpListener,
    router: Router,
    limiter: Arc<ConnectionLimiter>,
    timeouts: Timeouts,
    shutdown: impl Future<Output = ()>,
) {
    // Each connection holds a receiver: it learns of the shutdown, and its drop reports its end to the sender.
    let (stop, stopped) = watch::channel(());
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else {
            limiter.evict_idle();
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // Further connections wait in the backlog until this one has a permit.
        let permit = tokio::select! {
            () = &mut shutdown => break,
            permit = limiter.permit() => permit,
        };
        if let Some(permit) = permit {
            tokio::spawn(connection(stream, peer, router.clone(), permit, timeouts, stopped.clone()));
        }
    }
    drop((listener, stopped));
    let _ = stop.send(());
    // The runtime aborts what takes longer.
    let _ = timeout(timeouts.grace, stop.closed()).await;
}

/// Serves one connection until its end.
async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    permit: ConnectionPermit,
    timeouts: Timeouts,
    mut stopped: watch::Receiver<()>,
) {
    // Responses are small and written at once.
    let _ = stream.set_nodelay(true);
    let router = TowerToHyperService::new(router);
    let abort = ConnectionAbort::default();
    let state = Arc::clone(permit.state());
    let stream = ClientStream::new(stream, abort.clone(), Arc::clone(&state), timeouts.stall);
    let service = service_fn(move |mut request: Request<Incoming>| {
        state.start_call();
        request.extensions_mut().insert(Peer(peer));
        request.extensions_mut().insert(abort.clone());
        let (response, state) = (router.call(request), Arc::clone(&state));
        async move {
            response.await.map(|response: Response<_>| response.map(|body| TrackedBody::new(body, state)))
        }
    });
    let mut http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(timeouts.head)
        // hyper's default of 100 headers stays: setting a limit makes each request slower.
        .max_buf_size(MAX_HEAD)
        // A client that has closed its sending side still gets its response.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // A failed connection needs no report.
        _ = &mut http => {}
        _ = async { tokio::select! { _ = stopped.changed() => {}, () = permit.state().close_requested() => {} } } => {
            let was_idle = permit.state().is_idle();
            Pin::new(&mut http).graceful_shutdown();
            // Finish a running call. An incomplete head is no call.
            let is_over = poll_fn(|context| Poll::Ready(Pin::new(&mut http).poll(context).is_ready())).await;
            if was_idle && permit.state().is_idle() {
                return;
            }
            if !is_over {
                let _ = (&mut http).await;
            }
        }
    }
    linger(http.into_parts().io.into_inner().into_stream(), timeouts.linger).await;
}

/// Reads and discards what the client still sends.
///
/// Closing a socket with unread bytes resets the connection, and the client may lose the response: the error for a long
/// body would look like a broken network.
async fn linger(mut stream: TcpStream, time: Duration) {
    let _ = poll_fn(|context| Pin::new(&mut stream).poll_shutdown(context)).await;
    let mut rest = vec![0; 16 * 1024];
    let _ = timeout(time, async {
        while stream.readable().await.is_ok() {
            match stream.try_read(&mut rest) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
        }
    })
    .await;
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        sync::oneshot,
    };

    use super::*;

    const HEALTH: &[u8] = b"GET /_emulator/health HTTP/1.1\r\nHost: localhost\r\n\r\n";

    /// A server with its own limit and timeouts.
    struct Server {
        address: SocketAddr,
        stop: Option<oneshot::Sender<()>>,
        task: tokio::task::JoinHandle<()>,
    }

    impl Server {
        async fn start(most: usize, timeouts: Timeouts, options: Options) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let router = router(&Arc::new(State::new(options).unwrap()));
            let (stop, stopped) = oneshot::channel::<()>();
            let shutdown = async {
                let _ = stopped.await;
            };
            let limiter = ConnectionLimiter::with_limit(most);
            let task = tokio::spawn(accept(listener, router, limiter, timeouts, shutdown));
            Self { address, stop: Some(stop), task }
        }

        async fn connect(&self) -> TcpStream {
            TcpStream::connect(self.address).await.unwrap()
        }
    }

    /// Nothing arrives after this time.
    const NEVER: Duration = Duration::from_secs(60);

    /// Sends bytes and reads a response up to this end.
    async fn ask(stream: &mut TcpStream, bytes: &[u8], end: &str) -> String {
        stream.write_all(bytes).await.unwrap();
        let (mut response, mut part) = (String::new(), [0; 4096]);
        while !response.ends_with(end) {
            let n = timeout(NEVER, stream.read(&mut part)).await.expect("no response").unwrap();
            assert!(n > 0, "it ended after {response}");
            response.push_str(std::str::from_utf8(&part[..n]).unwrap());
        }
        response
    }

    /// What arrives until the server closes the connection or resets it.
    async fn rest(stream: &mut TcpStream) -> String {
        let mut response = Vec::new();
        let _ = timeout(NEVER, stream.read_to_end(&mut response)).await.expect("no end");
        String::from_utf8(response).unwrap()
    }

    fn short() -> Timeouts {
        Timeouts { head: Duration::from_millis(50), stall: Duration::from_millis(50), ..TIMEOUTS }
    }

    #[tokio::test]
    async fn incomplete_head_is_disconnected() {
        let server = Server::start(10, short(), Options::default()).await;
        for begun in ["", "GET /", "GET / HTTP/1.1\r\nX-Slow: "] {
            let mut stream = server.connect().await;
            stream.write_all(begun.as_bytes()).await.unwrap();
            assert_eq!(rest(&mut stream).await, "", "{begun}");
        }
        // A byte now and then doesn't keep the connection open.
        let mut stream = server.connect().await;
        stream.set_nodelay(true).unwrap();
        let (mut read, mut write) = stream.split();
        let trickle = async {
            while write.write_all(b"G").await.is_ok() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        let mut nothing = [0; 1];
        tokio::select! {
            () = trickle => {}
            end = read.read(&mut nothing) => assert!(!matches!(end, Ok(1..))),
        }
        // An idle connection is closed, too.
        let mut stream = server.connect().await;
        ask(&mut stream, HEALTH, "\"}").await;
        assert_eq!(rest(&mut stream).await, "");
    }

    #[tokio::test]
    async fn stalled_reader_is_disconnected() {
        let server = Server::start(1, short(), Options::default().quota_groups(0)).await;
        let mut greedy = server.connect().await;
        // Far more responses than the system buffers. When the server gives up, the write fails.
        let codes = b"GET /_emulator/codes HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1000);
        while timeout(NEVER, greedy.write_all(&codes)).await.expect("the server did not give up").is_ok() {}
        // The only permit is free again.
        ask(&mut server.connect().await, HEALTH, "\"}").await;
    }

    #[tokio::test]
    async fn longest_idle_connection_is_evicted_and_busy_ones_stay() {
        let (head, linger) = (Duration::from_secs(600), Duration::from_millis(50));
        let patient = Timeouts { head, linger, ..TIMEOUTS };
        let server = Server::start(2, patient, Options::default()).await;
        let mut first = server.connect().await;
        ask(&mut first, HEALTH, "\"}").await;
        let mut second = server.connect().await;
        ask(&mut second, HEALTH, "\"}").await;
        ask(&mut first, HEALTH, "\"}").await;
        // A third connection: the second has been idle for longest.
        let mut third = server.connect().await;
        ask(&mut third, HEALTH, "\"}").await;
        assert_eq!(rest(&mut second).await, "");
        ask(&mut first, HEALTH, "\"}").await;

        // Both wait for a request body: a fourth connection waits until one has its response.
        let seed = b"POST /_emulator/seed HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
        for stream in [&mut first, &mut third] {
            ask(stream, seed, "100 Continue\r\n\r\n").await;
        }
        let mut fourth = server.connect().await;
        fourth.write_all(HEALTH).await.unwrap();
        assert!(ask(&mut third, b"{}", "\r\n\r\n").await.starts_with("HTTP/1.1 204 "));
        assert!(ask(&mut fourth, b"", "\"}").await.starts_with("HTTP/1.1 200 "));
        assert_eq!(rest(&mut third).await, "");
        assert!(ask(&mut first, b"{}", "\r\n\r\n").await.starts_with("HTTP/1.1 204 "));

        // Incomplete heads don't keep others out either.
        for begun in ["GET /", "GET / HTTP/1.1\r\nX-Slow: "] {
            server.connect().await.write_all(begun.as_bytes()).await.unwrap();
        }
        ask(&mut server.connect().await, HEALTH, "\"}").await;
    }

    #[tokio::test]
    async fn shutdown_closes_idle_connections_and_waits_for_busy_ones() {
        let patient =
            Timeouts { head: Duration::from_secs(600), grace: Duration::from_secs(600), ..TIMEOUTS };
        let mut server = Server::start(10, patient, Options::default()).await;
        let (mut fresh, mut used, mut begun) =
            (server.connect().await, server.connect().await, server.connect().await);
        ask(&mut used, HEALTH, "\"}").await;
        begun.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        let mut busy = server.connect().await;
        let seed = b"POST /_emulator/seed HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
        ask(&mut busy, seed, "100 Continue\r\n\r\n").await;
        server.stop.take().unwrap().send(()).unwrap();
        for idle in [&mut fresh, &mut used, &mut begun] {
            assert_eq!(rest(idle).await, "");
        }
        assert!(!server.task.is_finished());
        busy.write_all(b"{}").await.unwrap();
        assert!(rest(&mut busy).await.starts_with("HTTP/1.1 204 "));
        server.task.await.unwrap();
        assert!(TcpStream::connect(server.address).await.is_err());
    }

    #[tokio::test]
    async fn endless_call_does_not_block_shutdown() {
        let hurried = Timeouts { grace: Duration::from_millis(50), ..TIMEOUTS };
        let mut server =
            Server::start(10, hurried, Options::default().latency(Duration::from_secs(600))).await;
        let mut endless = server.connect().await;
        let call = b"GET /v3/projects HTTP/1.1\r\nHost: localhost\r\n\r\n";
        endless.write_all(call).await.unwrap();
        ask(&mut server.connect().await, HEALTH, "\"}").await;
        server.stop.take().unwrap().send(()).unwrap();
        server.task.await.unwrap();
    }
}

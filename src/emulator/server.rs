//! Connections: accepting them, serving them within limits, and seeing them off.
//!
//! hyper's own connection builder does it, since `axum::serve` has no settings: neither a time for the head
//! of a request nor a bound for its size. A client may be slow, send too much, vanish, or keep more connections
//! than there is limiter for: each of these costs others nothing but a while.

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

/// The most bytes of a head: a token has 2,000, and nothing else is long. hyper may take twice as much before it
/// notices.
const MAX_HEAD: usize = 64 * 1024;
/// The pause after a connection could not be accepted, most likely for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How much time connections are given.
#[derive(Debug, Clone, Copy)]
struct Timeouts {
    /// For the head of a request to arrive; an idle connection is closed after it, too.
    head: Duration,
    /// For a client to take anything of what it is sent.
    stall: Duration,
    /// For a connection that we closed to end what it sends.
    linger: Duration,
    /// For running calls at a shutdown.
    grace: Duration,
}

const TIMEOUTS: Timeouts = Timeouts {
    head: Duration::from_secs(60),
    stall: Duration::from_secs(60),
    linger: Duration::from_secs(2),
    grace: Duration::from_secs(10),
};

/// An emulator with a listener, ready to run: callers who connect already wait for it.
#[must_use = "nobody is answered until it runs"]
pub struct Server {
    listener: std::net::TcpListener,
    pub(super) state: Arc<State>,
}

impl Options {
    /// Makes an emulator of the options that responses on this listener, once it [runs](Server::run).
    ///
    /// # Errors
    /// [`EmulatorError`] if the options contradict themselves, their data file can't be used, or the listener is
    /// unusable.
    pub fn listen(self, listener: std::net::TcpListener) -> Result<Server, EmulatorError> {
        let state = Arc::new(State::new(self)?);
        listener.set_nonblocking(true).map_err(EmulatorError::Listen)?;
        Ok(Server { listener, state })
    }
}

impl Server {
    /// Responds to until `shutdown` is done; running calls are then finished, for up to ten seconds.
    ///
    /// It has up to 4,096 connections at a time, and no more than three quarters of the files that the process
    /// may have open. Beyond that, those who connect wait, and idle connections are closed for them.
    ///
    /// It needs a tokio runtime with I/O and time.
    ///
    /// # Errors
    /// [`EmulatorError`] if the listener is unusable, or the data file can't be written any more. A connection
    /// that fails is no error.
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

/// Serves every connection, and sees all of them off in the end.
async fn accept(
    listener: TcpListener,
    router: Router,
    limiter: Arc<ConnectionLimiter>,
    timeouts: Timeouts,
    shutdown: impl Future<Output = ()>,
) {
    // Each connection holds a receiver: it hears of the stop, and the sender of the last one's end.
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
        // Further ones wait in the backlog until this one has its permit.
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
    // What takes longer is cut off with the runtime.
    let _ = timeout(timeouts.grace, stop.closed()).await;
}

/// Serves one connection to its end.
async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    permit: ConnectionPermit,
    timeouts: Timeouts,
    mut stopped: watch::Receiver<()>,
) {
    // Responds to are small and written at once.
    let _ = stream.set_nodelay(true);
    let router = TowerToHyperService::new(router);
    let abort = ConnectionAbort::default();
    let state = Arc::clone(permit.state());
    let stream_ = ClientStream::new(stream, abort.clone(), Arc::clone(&state), timeouts.stall);
    let service = service_fn(move |mut request: Request<Incoming>| {
        state.call();
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
        // The most headers are hyper's own 100: setting as many takes longer for each request.
        .max_buf_size(MAX_HEAD)
        // Whoever has said all that it wants to say still gets its response.
        .half_close(true)
        .serve_connection(TokioIo::new(stream_), service);
    tokio::select! {
        // A client that is gone, or speaks no HTTP, is none of our concern.
        _ = &mut http => {}
        _ = async { tokio::select! { _ = stopped.changed() => {}, () = permit.state().close_requested() => {} } } => {
            let was_idle = permit.state().is_idle();
            Pin::new(&mut http).graceful_shutdown();
            // A call that runs is finished. A head that isn't complete yet is no call.
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

/// Lets the client finish what it sends, unheard.
///
/// A socket that is closed with bytes unread resets the connection, and the client may lose the response that
/// it was sent: the refusal of a long body would look like a broken network.
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

    /// A server with limiter and timeouts of its own.
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
            let limiter = ConnectionLimiter::for_connections(most);
            let task = tokio::spawn(accept(listener, router, limiter, timeouts, shutdown));
            Self { address, stop: Some(stop), task }
        }

        async fn connect(&self) -> TcpStream {
            TcpStream::connect(self.address).await.unwrap()
        }
    }

    /// After this long, what is waited for doesn't come any more.
    const NEVER: Duration = Duration::from_secs(60);

    /// Sends bytes, and reads an response that ends with these.
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

    /// What arrives until the other side closes; a reset counts as such.
    async fn rest(stream: &mut TcpStream) -> String {
        let mut response = Vec::new();
        let _ = timeout(NEVER, stream.read_to_end(&mut response)).await.expect("no end");
        String::from_utf8(response).unwrap()
    }

    fn short() -> Timeouts {
        Timeouts { head: Duration::from_millis(50), stall: Duration::from_millis(50), ..TIMEOUTS }
    }

    #[tokio::test]
    async fn a_head_that_never_ends_is_not_waited_for() {
        let server = Server::start(10, short(), Options::default()).await;
        for begun in ["", "GET /", "GET / HTTP/1.1\r\nX-Slow: "] {
            let mut stream = server.connect().await;
            stream.write_all(begun.as_bytes()).await.unwrap();
            assert_eq!(rest(&mut stream).await, "", "{begun}");
        }
        // A byte now and then doesn't help.
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
        // An idle connection ends, too.
        let mut stream = server.connect().await;
        ask(&mut stream, HEALTH, "\"}").await;
        assert_eq!(rest(&mut stream).await, "");
    }

    #[tokio::test]
    async fn who_takes_no_answer_is_not_waited_for() {
        let server = Server::start(1, short(), Options::default().quota_groups(0)).await;
        let mut greedy = server.connect().await;
        // Far more responses than the system buffers, and nobody reads them. When the server gives up, so does this.
        let codes = b"GET /_emulator/codes HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1000);
        while timeout(NEVER, greedy.write_all(&codes)).await.expect("nobody gave up").is_ok() {}
        // The only permit is free again.
        ask(&mut server.connect().await, HEALTH, "\"}").await;
    }

    #[tokio::test]
    async fn the_idlest_makes_room_and_the_busy_stay() {
        let (head, linger) = (Duration::from_secs(600), Duration::from_millis(50));
        let patient = Timeouts { head, linger, ..TIMEOUTS };
        let server = Server::start(2, patient, Options::default()).await;
        let mut first = server.connect().await;
        ask(&mut first, HEALTH, "\"}").await;
        let mut second = server.connect().await;
        ask(&mut second, HEALTH, "\"}").await;
        ask(&mut first, HEALTH, "\"}").await;
        // A third: the second has been idle for longest.
        let mut third = server.connect().await;
        ask(&mut third, HEALTH, "\"}").await;
        assert_eq!(rest(&mut second).await, "");
        ask(&mut first, HEALTH, "\"}").await;

        // Both are busy with a body that is still to come: a fourth waits until one has its response.
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

        // Slow heads are no way to keep others out either.
        for begun in ["GET /", "GET / HTTP/1.1\r\nX-Slow: "] {
            server.connect().await.write_all(begun.as_bytes()).await.unwrap();
        }
        ask(&mut server.connect().await, HEALTH, "\"}").await;
    }

    #[tokio::test]
    async fn a_stop_ends_what_is_idle_at_once_and_waits_for_the_rest() {
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
    async fn a_call_without_end_does_not_hold_a_stop_up() {
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

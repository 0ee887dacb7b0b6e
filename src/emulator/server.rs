//! Connections: accepting them, serving them within limits, and seeing them off.
//!
//! hyper's own connection builder does it, since `axum::serve` has no settings: neither a time for the head
//! of a request nor a bound for its size.

use std::{
    fmt,
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use http::Request;
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
    dispatch::{self, Peer},
    hangup::{HangUp, Line},
    options::Options,
    service::Service,
};

/// The time for the head of a request to arrive; an idle connection is closed after it, too.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// The most bytes of a head: a token has 2,000, and nothing else is long.
const MAX_HEAD: usize = 64 * 1024;
/// The most headers of a request.
const MAX_HEADERS: usize = 100;
/// How long a connection that we closed may go on sending.
const LINGER: Duration = Duration::from_secs(2);
/// How long a shutdown waits for running calls.
const GRACE: Duration = Duration::from_secs(10);
/// The pause after a connection could not be accepted, most likely for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// An emulator with a listener, ready to run: callers who connect already wait for it.
#[must_use = "nobody is answered until it runs"]
pub struct Server {
    listener: std::net::TcpListener,
    pub(super) service: Arc<Service>,
}

impl Options {
    /// Makes an emulator of the options that answers on this listener, once it [runs](Server::run).
    ///
    /// # Errors
    /// [`EmulatorError`] if the options contradict themselves, or the listener is unusable.
    pub fn listen(self, listener: std::net::TcpListener) -> Result<Server, EmulatorError> {
        let service = Arc::new(Service::new(self)?);
        listener.set_nonblocking(true).map_err(EmulatorError::Listen)?;
        Ok(Server { listener, service })
    }
}

impl Server {
    /// Answers until `shutdown` is done; running calls are then finished.
    ///
    /// It needs a tokio runtime with I/O and time.
    ///
    /// # Errors
    /// [`EmulatorError`] if the listener is unusable. A connection that fails is no error.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), EmulatorError> {
        let listener = TcpListener::from_std(self.listener).map_err(EmulatorError::Listen)?;
        accept(listener, dispatch::router(&self.service), shutdown).await;
        Ok(())
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("listener", &self.listener).finish_non_exhaustive()
    }
}

/// Serves every connection, and sees all of them off in the end.
async fn accept(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>) {
    // Each connection holds a receiver: it hears of the stop, and the sender of the last one's end.
    let (stop, stopped) = watch::channel(());
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    tokio::spawn(connection(stream, peer, router.clone(), stopped.clone()));
                }
                Err(_) => sleep(ACCEPT_PAUSE).await,
            },
        }
    }
    drop((listener, stopped));
    let _ = stop.send(());
    // What takes longer is cut off with the runtime.
    let _ = timeout(GRACE, stop.closed()).await;
}

/// Serves one connection to its end.
async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, mut stopped: watch::Receiver<()>) {
    // Answers are small and written at once.
    let _ = stream.set_nodelay(true);
    let router = TowerToHyperService::new(router);
    let hang_up = HangUp::default();
    let line = Line::new(stream, hang_up.clone());
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request.extensions_mut().insert(hang_up.clone());
        router.call(request)
    });
    let mut http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(line), service);
    tokio::select! {
        // A client that is gone, or speaks no HTTP, is none of our concern.
        _ = &mut http => linger(http.into_parts().io.into_inner().into_stream()).await,
        _ = stopped.changed() => {
            Pin::new(&mut http).graceful_shutdown();
            let _ = http.await;
        }
    }
}

/// Lets the client finish what it sends, unheard.
///
/// A socket that is closed with bytes unread resets the connection, and the client may lose the answer that
/// it was sent: the refusal of a long body would look like a broken network.
async fn linger(mut stream: TcpStream) {
    let _ = poll_fn(|context| Pin::new(&mut stream).poll_shutdown(context)).await;
    let mut rest = vec![0; 16 * 1024];
    let _ = timeout(LINGER, async {
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

//! A TCP proxy between a client and a server that delays, throttles, splits, resets or stalls connections.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
    time::sleep,
};

/// What the proxy does to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NetworkFault {
    /// It forwards everything unchanged.
    None,
    /// It delays each piece by this time.
    Latency(Duration),
    /// It limits each direction to this many bytes per second.
    Bandwidth(u32),
    /// It forwards a few bytes at a time.
    Split,
    /// It resets both sides somewhere in the request.
    ResetRequest,
    /// It resets both sides somewhere in the response.
    ResetResponse,
    /// It stops forwarding somewhere in the request and keeps both sides open.
    StalledRequest,
    /// It stops forwarding somewhere in the response and keeps both sides open.
    StalledResponse,
}

impl NetworkFault {
    /// The faults that lose nothing: a client without retries succeeds.
    pub(crate) const HARMLESS: [Self; 4] = [
        Self::None,
        Self::Latency(Duration::from_millis(2)),
        // A list of one group takes some milliseconds.
        Self::Bandwidth(200_000),
        Self::Split,
    ];
    /// The faults that lose a request or its response.
    pub(crate) const LOSSY: [Self; 4] =
        [Self::ResetRequest, Self::ResetResponse, Self::StalledRequest, Self::StalledResponse];

    fn hits(self, direction: Direction) -> bool {
        match direction {
            Direction::Request => matches!(self, Self::ResetRequest | Self::StalledRequest),
            Direction::Response => matches!(self, Self::ResetResponse | Self::StalledResponse),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Request,
    Response,
}

/// Which connections get the fault, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FaultPlan {
    /// The percentage of connections.
    pub(crate) percent: u8,
    /// Only connections whose first request is a GET.
    pub(crate) reads_only: bool,
    /// The maximum number of faults in total.
    pub(crate) max_faults: usize,
    /// The maximum offset in a connection, in bytes. A request has about 600 bytes, a short response about 300.
    pub(crate) max_offset: usize,
}

/// The running proxy; dropping it closes all connections.
pub(crate) struct Proxy {
    pub(crate) url: String,
    faults: Arc<AtomicUsize>,
    task: JoinHandle<()>,
    _running: watch::Sender<()>,
}

/// The state that all connections share.
struct Shared {
    fault: NetworkFault,
    plan: FaultPlan,
    random: Mutex<fastrand::Rng>,
    faults: Arc<AtomicUsize>,
}

impl Proxy {
    /// Starts a proxy in front of `http://HOST:PORT`.
    pub(crate) async fn start(url: &str, fault: NetworkFault, plan: FaultPlan, seed: u64) -> Self {
        let target: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let faults = Arc::new(AtomicUsize::new(0));
        let shared = Arc::new(Shared {
            fault,
            plan,
            random: Mutex::new(fastrand::Rng::with_seed(seed)),
            faults: Arc::clone(&faults),
        });
        let (running, ended) = watch::channel(());
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (shared, mut ended) = (Arc::clone(&shared), ended.clone());
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(target).await else { return };
                    tokio::select! {
                        () = shared.forward(client, server) => {}
                        _ = ended.changed() => {}
                    }
                });
            }
        });
        Self { url, faults, task, _running: running }
    }

    /// The number of faults so far. Harmless faults are not counted.
    pub(crate) fn faults(&self) -> usize {
        self.faults.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How a connection ends.
enum End {
    /// One side closed it.
    Closed,
    Reset,
    Stalled,
}

impl Shared {
    /// Forwards a connection until it ends.
    async fn forward(&self, client: TcpStream, server: TcpStream) {
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let fault_at = self.fault_offset(&client).await;
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let end = tokio::select! {
            end = self.pump(Direction::Request, &mut from_client, &mut to_server, fault_at) => end,
            end = self.pump(Direction::Response, &mut from_server, &mut to_client, fault_at) => end,
        };
        match end {
            End::Closed => {}
            End::Reset => {
                self.faults.fetch_add(1, Ordering::Relaxed);
                for (read, write) in [(from_client, to_client), (from_server, to_server)] {
                    if let Ok(stream) = read.reunite(write) {
                        // With a linger time of zero, closing the socket sends a reset.
                        let _ = stream.set_zero_linger();
                    }
                }
            }
            End::Stalled => {
                self.faults.fetch_add(1, Ordering::Relaxed);
                // Both sides stay open until the proxy is dropped.
                std::future::pending().await
            }
        }
    }

    /// The offset of the fault in this connection, if it gets one.
    async fn fault_offset(&self, client: &TcpStream) -> Option<usize> {
        if self.plan.reads_only {
            let mut first = [0];
            if client.peek(&mut first).await.ok() != Some(1) || first != *b"G" {
                return None;
            }
        }
        let mut random = self.random.lock().unwrap();
        let hit = random.u8(0..100) < self.plan.percent
            && self.faults.load(Ordering::Relaxed) < self.plan.max_faults;
        hit.then(|| random.usize(0..self.plan.max_offset))
    }

    /// Forwards one direction of a connection.
    async fn pump(
        &self,
        direction: Direction,
        from: &mut OwnedReadHalf,
        to: &mut OwnedWriteHalf,
        fault_at: Option<usize>,
    ) -> End {
        let fault_at = fault_at.filter(|_| self.fault.hits(direction));
        let mut forwarded = 0;
        let mut buffer = vec![0; 16 << 10];
        loop {
            let max_length = match self.fault {
                NetworkFault::Split => self.random.lock().unwrap().usize(1..=7),
                NetworkFault::Bandwidth(_) => 1 << 10,
                _ => buffer.len(),
            };
            let limit = fault_at.map_or(max_length, |at| max_length.min(at - forwarded));
            if limit == 0 {
                return match self.fault {
                    NetworkFault::ResetRequest | NetworkFault::ResetResponse => End::Reset,
                    _ => End::Stalled,
                };
            }
            let Ok(length @ 1..) = from.read(&mut buffer[..limit]).await else { return End::Closed };
            match self.fault {
                NetworkFault::Latency(latency) => sleep(latency).await,
                NetworkFault::Bandwidth(per_s) => sleep(Duration::from_secs(1) * length as u32 / per_s).await,
                _ => {}
            }
            if to.write_all(&buffer[..length]).await.is_err() {
                return End::Closed;
            }
            forwarded += length;
        }
    }
}

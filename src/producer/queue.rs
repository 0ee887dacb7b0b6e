//! The queue between those who send lines and the worker: bounded in bytes.
//!
//! A line counts until it is delivered or given up, not only while it is in the queue. The worker is woken twice a batch:
//! by the first line, and when enough lines for a batch are there.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, Semaphore, TryAcquireError, futures::Notified, oneshot},
    time::Instant,
};

use super::{batch::Limits, entry::Entry};

pub(super) struct Queue {
    capacity: usize,
    limits: Limits,
    linger: Duration,
    /// A permit for each free byte.
    room: Semaphore,
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Default)]
struct State {
    lines: VecDeque<Entry>,
    bytes: usize,
    /// When the first line came.
    since: Option<Instant>,
    /// How many lines were ever pushed, and taken out again.
    pushed: u64,
    taken: u64,
    closed: bool,
    /// The worker is gone.
    ended: bool,
    commands: Vec<Command>,
}

/// What the worker is asked for beside sending.
pub(super) enum Command {
    /// Deliver all lines up to this one now, and tell when that is done.
    Flush { up_to: u64, done: oneshot::Sender<()> },
    /// Deliver what can be delivered until then, and end. Tells how many lines are left.
    ShutDown { until: Instant, done: oneshot::Sender<u64> },
}

/// Why a line was not queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rejection {
    Full,
    Closed,
    /// It would not even fit into an empty queue.
    TooLarge,
}

/// When the lines of the queue are to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Now,
    At(Instant),
    Never,
}

impl Queue {
    pub(super) fn new(capacity: usize, limits: Limits, linger: Duration) -> Self {
        let capacity = capacity.min(u32::MAX as usize).min(Semaphore::MAX_PERMITS);
        let (room, wake) = (Semaphore::new(capacity), Notify::new());
        Self { capacity, limits, linger, room, state: Mutex::default(), wake }
    }

    /// Queues a line if there is room. With `displaced`, the oldest lines make room, and are moved there.
    pub(super) fn try_push(
        &self,
        line: Entry,
        displaced: Option<&mut Vec<Entry>>,
    ) -> Result<(), (Rejection, Entry)> {
        let size = line.size();
        let Some(permits) = self.permits(size) else { return Err((Rejection::TooLarge, line)) };
        match self.room.try_acquire_many(permits) {
            Ok(permit) => permit.forget(),
            Err(TryAcquireError::Closed) => return Err((Rejection::Closed, line)),
            Err(TryAcquireError::NoPermits) => match displaced {
                Some(displaced) => return self.push_displacing(line, permits, displaced),
                None => return Err((Rejection::Full, line)),
            },
        }
        self.push_paid(self.lock(), line, size);
        Ok(())
    }

    /// Queues a line as soon as there is room.
    pub(super) async fn push(&self, line: Entry) -> Result<(), (Rejection, Entry)> {
        let size = line.size();
        let Some(permits) = self.permits(size) else { return Err((Rejection::TooLarge, line)) };
        match self.room.acquire_many(permits).await {
            Ok(permit) => permit.forget(),
            Err(_) => return Err((Rejection::Closed, line)),
        }
        self.push_paid(self.lock(), line, size);
        Ok(())
    }

    fn permits(&self, size: usize) -> Option<u32> {
        if size <= self.capacity { size.try_into().ok() } else { None }
    }

    fn push_displacing(
        &self,
        line: Entry,
        permits: u32,
        displaced: &mut Vec<Entry>,
    ) -> Result<(), (Rejection, Entry)> {
        let mut state = self.lock();
        loop {
            match self.room.try_acquire_many(permits) {
                Ok(permit) => {
                    permit.forget();
                    self.push_paid(state, line, permits as usize);
                    return Ok(());
                }
                Err(TryAcquireError::Closed) => return Err((Rejection::Closed, line)),
                Err(TryAcquireError::NoPermits) => {
                    // The room of lines that the worker has can't be had.
                    let attainable = self.room.available_permits() + state.bytes;
                    let oldest = if attainable >= permits as usize { state.pop() } else { None };
                    let Some(oldest) = oldest else { return Err((Rejection::Full, line)) };
                    self.room.add_permits(oldest.size());
                    displaced.push(oldest);
                }
            }
        }
    }

    /// Queues a line whose bytes are already taken from the room.
    fn push_paid(&self, mut state: MutexGuard<'_, State>, line: Entry, size: usize) {
        let was_due = self.is_enough(&state);
        state.bytes += size;
        state.pushed += 1;
        state.lines.push_back(line);
        let is_first = state.since.is_none();
        if is_first {
            state.since = Some(Instant::now());
        }
        let wakes = is_first || (!was_due && self.is_enough(&state));
        drop(state);
        if wakes {
            self.wake.notify_one();
        }
    }

    fn is_enough(&self, state: &State) -> bool {
        state.bytes >= self.limits.bytes || state.lines.len() >= self.limits.lines
    }

    /// When lines are to be taken.
    pub(super) fn due(&self) -> Due {
        let state = self.lock();
        match state.since {
            None => Due::Never,
            Some(_) if state.closed || self.is_enough(&state) => Due::Now,
            Some(since) => Due::At(since + self.linger),
        }
    }

    /// Moves lines of this many bytes to `taken`, which is empty; at least one if there is one. Returns when the first of
    /// them came.
    pub(super) fn take(&self, most: usize, taken: &mut VecDeque<Entry>) -> Option<Instant> {
        let mut state = self.lock();
        let since = state.since?;
        if state.bytes <= most {
            state.taken += state.lines.len() as u64;
            (state.bytes, state.since) = (0, None);
            // Each of the two lists keeps its memory for the next lines.
            std::mem::swap(&mut state.lines, taken);
            return Some(since);
        }
        let mut left = most;
        while let Some(size) = state.lines.front().map(Entry::size)
            && (size <= left || taken.is_empty())
        {
            left = left.saturating_sub(size);
            taken.extend(state.pop());
        }
        Some(since)
    }

    /// How many lines were ever queued.
    pub(super) fn pushed(&self) -> u64 {
        self.lock().pushed
    }

    /// How many lines were taken or displaced.
    pub(super) fn taken(&self) -> u64 {
        self.lock().taken
    }

    /// The bytes of all lines that are neither delivered nor given up.
    pub(super) fn bytes(&self) -> usize {
        self.capacity.saturating_sub(self.room.available_permits())
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Makes room: lines of so many bytes were delivered or given up.
    pub(super) fn release(&self, bytes: usize) {
        self.room.add_permits(bytes);
    }

    /// Accepts no more lines.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.room.close();
        self.wake.notify_one();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Asks the worker to deliver all lines of now.
    pub(super) fn flush(&self) -> oneshot::Receiver<()> {
        let (done, receiver) = oneshot::channel();
        let mut state = self.lock();
        let up_to = state.pushed;
        state.command(Command::Flush { up_to, done });
        drop(state);
        self.wake.notify_one();
        receiver
    }

    /// Asks the worker to end, and closes the queue.
    pub(super) fn shut_down(&self, until: Instant) -> oneshot::Receiver<u64> {
        let (done, receiver) = oneshot::channel();
        self.lock().command(Command::ShutDown { until, done });
        self.close();
        receiver
    }

    pub(super) fn commands(&self) -> Vec<Command> {
        std::mem::take(&mut self.lock().commands)
    }

    /// Notes that there is no worker any more. Returns the lines that are left.
    pub(super) fn end(&self) -> Vec<Entry> {
        self.close();
        let mut state = self.lock();
        state.ended = true;
        // Those who wait for a command are told by its drop.
        state.commands.clear();
        std::iter::from_fn(|| state.pop()).collect()
    }

    /// Waits until there is something new to do.
    pub(super) fn woken(&self) -> Notified<'_> {
        self.wake.notified()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Valid at any moment, even after a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn command(&mut self, command: Command) {
        if !self.ended {
            self.commands.push(command);
        }
    }

    fn pop(&mut self) -> Option<Entry> {
        let line = self.lines.pop_front()?;
        self.bytes -= line.size();
        self.taken += 1;
        if self.lines.is_empty() {
            self.since = None;
        }
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::producer::{block_on::block_on, entry::Labels};

    const CAPACITY: usize = 1_000;

    fn queue() -> Queue {
        Queue::new(CAPACITY, Limits { bytes: 400, lines: 4 }, Duration::from_secs(2))
    }

    fn line(number: usize, content: usize) -> Entry {
        Entry { time: number as i64, content: "x".repeat(content).into(), labels: Labels::default() }
    }

    fn taken_from(queue: &Queue, most: usize) -> VecDeque<Entry> {
        let mut taken = VecDeque::new();
        queue.take(most, &mut taken);
        taken
    }

    #[derive(Debug, Clone)]
    enum Step {
        Push { content: usize, displace: bool },
        Take { most: usize },
        Release { lines: usize },
        Close,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => (0..1_100usize, any::<bool>()).prop_map(|(content, displace)| Step::Push {
                // Mostly small ones.
                content: if content < 1_000 { content / 5 } else { content },
                displace,
            }),
            3 => (0..1_200usize).prop_map(|most| Step::Take { most }),
            3 => (1..4usize).prop_map(|lines| Step::Release { lines }),
            1 => Just(Step::Close),
        ]
    }

    proptest! {
        /// The queue does what a plain list would do.
        #[test]
        fn queue_behaves_like_its_model(steps in proptest::collection::vec(step(), 0..120)) {
            let queue = queue();
            let (mut waiting, mut taken) = (VecDeque::<Entry>::new(), VecDeque::<Entry>::new());
            let mut closed = false;
            let size = |lines: &VecDeque<Entry>| lines.iter().map(Entry::size).sum::<usize>();
            for (number, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Push { content, displace } => {
                        let line = line(number, content);
                        let fits = |waiting: &VecDeque<Entry>| {
                            size(waiting) + size(&taken) + line.size() <= CAPACITY
                        };
                        let mut displaced = Vec::new();
                        let attainable = size(&taken) + line.size() <= CAPACITY;
                        if displace && !closed && attainable {
                            while !fits(&waiting) {
                                displaced.extend(waiting.pop_front());
                            }
                        }
                        let expected = match () {
                            () if line.size() > CAPACITY => Err((Rejection::TooLarge, line.clone())),
                            () if closed => Err((Rejection::Closed, line.clone())),
                            () if !fits(&waiting) => Err((Rejection::Full, line.clone())),
                            () => {
                                waiting.push_back(line.clone());
                                Ok(())
                            }
                        };
                        let mut found = Vec::new();
                        let pushed = queue.try_push(line, displace.then_some(&mut found));
                        prop_assert_eq!(pushed, expected);
                        prop_assert_eq!(found, displaced);
                    }
                    Step::Take { most } => {
                        let mut expected = VecDeque::new();
                        while let Some(next) = waiting.front()
                            && (expected.is_empty() || size(&expected) + next.size() <= most)
                        {
                            expected.extend(waiting.pop_front());
                        }
                        let lines = taken_from(&queue, most);
                        prop_assert_eq!(&lines, &expected);
                        taken.extend(expected);
                    }
                    Step::Release { lines } => {
                        for line in taken.drain(..lines.min(taken.len())) {
                            queue.release(line.size());
                        }
                    }
                    Step::Close => {
                        queue.close();
                        closed = true;
                    }
                }
                prop_assert_eq!(queue.bytes(), size(&waiting) + size(&taken));
                prop_assert_eq!(queue.lock().lines.len(), waiting.len());
                let enough = waiting.len() >= 4 || size(&waiting) >= 400 || closed;
                match queue.due() {
                    Due::Never => prop_assert!(waiting.is_empty()),
                    Due::Now => prop_assert!(enough && !waiting.is_empty()),
                    Due::At(_) => prop_assert!(!enough && !waiting.is_empty()),
                }
            }
        }
    }

    #[test]
    fn waiting_sender_goes_on_when_a_line_is_delivered() {
        let queue = queue();
        queue.try_push(line(1, 900), None).unwrap();
        let lines = taken_from(&queue, CAPACITY);
        std::thread::scope(|scope| {
            let sender = scope.spawn(|| block_on(queue.push(line(2, 900)), None).unwrap());
            queue.release(lines[0].size());
            sender.join().unwrap().unwrap();
        });
        assert_eq!(taken_from(&queue, CAPACITY), [line(2, 900)]);
    }

    #[test]
    fn waiting_sender_gets_its_line_back_when_the_queue_closes() {
        let queue = queue();
        queue.try_push(line(1, 900), None).unwrap();
        std::thread::scope(|scope| {
            let sender = scope.spawn(|| block_on(queue.push(line(2, 900)), None).unwrap());
            queue.close();
            assert_eq!(sender.join().unwrap(), Err((Rejection::Closed, line(2, 900))));
        });
    }
}

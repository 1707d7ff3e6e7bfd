package dev.whetstone.engine;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Tasks that wait for slots, bounded in number and in prompt tokens. Requesters take turns, one
 * task a turn, and the tasks of one are first in, first out. No task passes the one whose turn it
 * is, so a pair that needs two slots waits until there are two. The engine thread also sleeps here
 * while it has no work. Thread-safe.
 *
 * <p>Keys share the places ({@link FairShare}): one that floods the gateway leaves some to others.
 */
final class RequestQueue {
  /**
   * A task that waits.
   *
   * @param tokens counted for it; none where some of its branches run already
   * @param counted whether they, and its place, are counted in its key's share
   */
  private record Waiting(Task task, int tokens, boolean counted) {}

  private static final double SMOOTHING = 0.1;
  private static final Duration MAX_RETRY_AFTER = Duration.ofMinutes(1);

  private final int maxTasks;
  private final int maxTokens;
  private final FairShare places;
  private final FairShare promptTokens;

  /** The requesters whose tasks wait, the next one first. */
  @GuardedBy("this")
  private final SequencedMap<Requester, Deque<Waiting>> turns = new LinkedHashMap<>();

  @GuardedBy("this")
  private int size;

  @GuardedBy("this")
  private int tokens;

  @GuardedBy("this")
  private boolean woken;

  @GuardedBy("this")
  private boolean closed;

  @GuardedBy("this")
  private Instant lastPoll = Instant.MIN;

  @GuardedBy("this")
  private double secondsPerTask = 1;

  RequestQueue(int maxTasks, int maxTokens) {
    this.maxTasks = maxTasks;
    this.maxTokens = maxTokens;
    this.places = new FairShare(maxTasks);
    this.promptTokens = new FairShare(maxTokens);
  }

  /**
   * Adds a task and wakes the engine thread. An empty queue accepts a task of any length.
   *
   * @throws QueueFullException when the queue, or the key's share of it, holds too many tasks or
   *     tokens
   * @throws EngineClosedException after {@link #close}
   */
  synchronized void add(Task task) {
    if (closed) {
      throw new EngineClosedException(
          "the engine is draining or closed and takes no more requests");
    }
    if (size >= maxTasks) {
      throw new QueueFullException(size + " requests are already waiting", retryAfter());
    }
    if (size > 0 && tokens + task.promptTokens() > maxTokens) {
      throw new QueueFullException(tokens + " prompt tokens are already waiting", retryAfter());
    }
    boolean counted = takeShare(task);
    lane(task).addLast(new Waiting(task, task.promptTokens(), counted));
    size++;
    tokens += task.promptTokens();
    wakeUp();
  }

  // The gateway's own tasks, and one that finds the queue empty, need no share.
  @GuardedBy("this")
  private boolean takeShare(Task task) {
    String key = task.requester().key();
    if (task.requester().equals(Requester.INTERNAL) || size == 0) {
      return false;
    }
    if (!places.tryTake(key, 1)) {
      throw new QueueFullException(
          "this key has as many requests waiting as its share of the queue", retryAfter());
    }
    if (!promptTokens.tryTake(key, task.promptTokens())) {
      places.release(key, 1);
      throw new QueueFullException(
          "this key has as many prompt tokens waiting as its share of the queue", retryAfter());
    }
    return true;
  }

  /** Adds a task of which some branches run already; it is the next of its requester. */
  synchronized void addAgain(Task task) {
    lane(task).addFirst(new Waiting(task, 0, false));
    size++;
  }

  @GuardedBy("this")
  private Deque<Waiting> lane(Task task) {
    return turns.computeIfAbsent(task.requester(), requester -> new ArrayDeque<>());
  }

  /** Estimated time to work off the queue at the recent rate. */
  @GuardedBy("this")
  private Duration retryAfter() {
    long seconds = (long) Math.ceil(secondsPerTask * size);
    return Duration.ofSeconds(Math.clamp(seconds, 1, MAX_RETRY_AFTER.toSeconds()));
  }

  /** Removes the task whose turn it is, if it can start in the free slots. */
  synchronized @Nullable Task poll(int freeSlots, Instant now) {
    if (turns.isEmpty()) {
      return null;
    }
    Map.Entry<Requester, Deque<Waiting>> next = turns.firstEntry();
    Deque<Waiting> lane = next.getValue();
    Waiting first = lane.getFirst();
    if (first.task().slots() > freeSlots) {
      return null;
    }
    lane.removeFirst();
    turns.remove(next.getKey());
    if (!lane.isEmpty()) {
      turns.put(next.getKey(), lane);
    }
    measure(first, now);
    forget(first);
    return first.task();
  }

  @GuardedBy("this")
  private void measure(Waiting polled, Instant now) {
    Instant submitted = polled.task().timer().submitted();
    Instant start = submitted.isAfter(lastPoll) ? submitted : lastPoll;
    double seconds = Duration.between(start, now).toMillis() / 1000.0;
    secondsPerTask += SMOOTHING * (seconds - secondsPerTask);
    lastPoll = now;
  }

  @GuardedBy("this")
  private void forget(Waiting gone) {
    size--;
    tokens -= gone.tokens();
    if (gone.counted()) {
      String key = gone.task().requester().key();
      places.release(key, 1);
      promptTokens.release(key, gone.tokens());
    }
  }

  /** Removes all tasks that meet the condition, in any position. */
  synchronized List<Task> remove(Predicate<Task> condition) {
    List<Task> removed = new ArrayList<>();
    for (Iterator<Deque<Waiting>> lanes = turns.values().iterator(); lanes.hasNext(); ) {
      Deque<Waiting> lane = lanes.next();
      for (Iterator<Waiting> all = lane.iterator(); all.hasNext(); ) {
        Waiting waiting = all.next();
        if (condition.test(waiting.task())) {
          all.remove();
          forget(waiting);
          removed.add(waiting.task());
        }
      }
      if (lane.isEmpty()) {
        lanes.remove();
      }
    }
    return removed;
  }

  synchronized int size() {
    return size;
  }

  synchronized int tokens() {
    return tokens;
  }

  /** Refuses new tasks from now on. */
  synchronized void close() {
    closed = true;
    wakeUp();
  }

  synchronized boolean isClosed() {
    return closed;
  }

  /** Ends the current or the next {@link #awaitWakeUp}. */
  synchronized void wakeUp() {
    woken = true;
    notifyAll();
  }

  /** Sleeps until {@link #wakeUp}, which may have come before. */
  synchronized void awaitWakeUp() throws InterruptedException {
    while (!woken) {
      wait();
    }
    woken = false;
  }
}

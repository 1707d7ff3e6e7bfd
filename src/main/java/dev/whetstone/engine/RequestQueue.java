package dev.whetstone.engine;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Tasks that wait for slots, bounded in number and in prompt tokens. Strict FIFO: a small request
 * never passes a large one. The engine thread also sleeps here while it has no work. Thread-safe.
 */
final class RequestQueue {
  private static final double SMOOTHING = 0.1;
  private static final Duration MAX_RETRY_AFTER = Duration.ofMinutes(1);

  private final int maxTasks;
  private final int maxTokens;
  private final Deque<Task> tasks = new ArrayDeque<>();
  private int tokens;
  private boolean woken;
  private boolean closed;
  private Instant lastPoll = Instant.MIN;
  private double secondsPerTask = 1;

  RequestQueue(int maxTasks, int maxTokens) {
    this.maxTasks = maxTasks;
    this.maxTokens = maxTokens;
  }

  /**
   * Appends a task and wakes the engine thread. An empty queue accepts a task of any length.
   *
   * @throws QueueFullException when the queue holds too many tasks or tokens
   * @throws EngineClosedException after {@link #close}
   */
  synchronized void add(Task task) {
    if (closed) {
      throw new EngineClosedException(
          "the engine is draining or closed and takes no more requests");
    }
    if (tasks.size() >= maxTasks) {
      throw new QueueFullException(tasks.size() + " requests are already waiting", retryAfter());
    }
    if (!tasks.isEmpty() && tokens + task.promptTokens() > maxTokens) {
      throw new QueueFullException(tokens + " prompt tokens are already waiting", retryAfter());
    }
    tasks.addLast(task);
    tokens += task.promptTokens();
    wakeUp();
  }

  /** Estimated time to work off the queue at the recent rate. */
  private Duration retryAfter() {
    long seconds = (long) Math.ceil(secondsPerTask * tasks.size());
    return Duration.ofSeconds(Math.clamp(seconds, 1, MAX_RETRY_AFTER.toSeconds()));
  }

  /** Removes the first task if it fits the free slots; later tasks never pass it. */
  synchronized @Nullable Task poll(int freeSlots, Instant now) {
    Task first = tasks.peekFirst();
    if (first == null || first.slots() > freeSlots) {
      return null;
    }
    Instant submitted = first.timer().submitted();
    Instant start = submitted.isAfter(lastPoll) ? submitted : lastPoll;
    double seconds = Duration.between(start, now).toMillis() / 1000.0;
    secondsPerTask += SMOOTHING * (seconds - secondsPerTask);
    lastPoll = now;
    tokens -= first.promptTokens();
    return tasks.removeFirst();
  }

  /** Removes all tasks that meet the condition, in any position. */
  synchronized List<Task> remove(Predicate<Task> condition) {
    List<Task> removed = new ArrayList<>();
    for (Iterator<Task> all = tasks.iterator(); all.hasNext(); ) {
      Task task = all.next();
      if (condition.test(task)) {
        all.remove();
        tokens -= task.promptTokens();
        removed.add(task);
      }
    }
    return removed;
  }

  synchronized int size() {
    return tasks.size();
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

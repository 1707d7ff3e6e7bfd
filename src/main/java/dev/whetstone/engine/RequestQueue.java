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
 * Tasks without a slot, first come, first served, bounded in number and in tokens. Also where the
 * engine thread sleeps and is woken.
 */
final class RequestQueue {
  private static final double SMOOTHING = 0.1;
  private static final Duration LONGEST_RETRY = Duration.ofMinutes(1);

  private final int maxTasks;
  private final int maxTokens;
  private final Deque<Task> tasks = new ArrayDeque<>();
  private int tokens;
  private boolean woken;
  private boolean shut;
  private Instant lastPoll = Instant.MIN;
  private double secondsPerTask = 1;

  RequestQueue(int maxTasks, int maxTokens) {
    this.maxTasks = maxTasks;
    this.maxTokens = maxTokens;
  }

  /**
   * @throws QueueFullException when there is no room; a task that finds the line empty always has
   * @throws EngineClosedException after {@link #shut}
   */
  synchronized void add(Task task) {
    if (shut) {
      throw new EngineClosedException("the engine takes no more work");
    }
    if (tasks.size() >= maxTasks) {
      throw new QueueFullException(tasks.size() + " requests are waiting already", retryAfter());
    }
    if (!tasks.isEmpty() && tokens + task.promptTokens() > maxTokens) {
      throw new QueueFullException(tokens + " prompt tokens are waiting already", retryAfter());
    }
    tasks.addLast(task);
    tokens += task.promptTokens();
    wake();
  }

  /** How long the line takes at the pace of late. */
  private Duration retryAfter() {
    long seconds = (long) Math.ceil(secondsPerTask * tasks.size());
    return Duration.ofSeconds(Math.clamp(seconds, 1, LONGEST_RETRY.toSeconds()));
  }

  /** Takes the first task when its slots are free; nobody overtakes. */
  synchronized @Nullable Task poll(int freeSlots, Instant now) {
    Task first = tasks.peekFirst();
    if (first == null || first.slots() > freeSlots) {
      return null;
    }
    Instant submitted = first.timeline().submitted();
    Instant start = submitted.isAfter(lastPoll) ? submitted : lastPoll;
    double seconds = Duration.between(start, now).toMillis() / 1000.0;
    secondsPerTask += SMOOTHING * (seconds - secondsPerTask);
    lastPoll = now;
    tokens -= first.promptTokens();
    return tasks.removeFirst();
  }

  /** Takes all tasks that meet the condition, wherever they stand. */
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

  /** Refuses everything from now on. */
  synchronized void shut() {
    shut = true;
    wake();
  }

  synchronized boolean isShut() {
    return shut;
  }

  synchronized void wake() {
    woken = true;
    notifyAll();
  }

  /** Sleeps until something may have changed. */
  synchronized void await() throws InterruptedException {
    while (!woken) {
      wait();
    }
    woken = false;
  }
}

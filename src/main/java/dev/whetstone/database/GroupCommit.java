package dev.whetstone.database;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * Answers concurrent calls with one transaction for many of them: what comes in while a few commit
 * makes up the next batch, so that a busy log waits for the disk once a batch and an idle one never
 * waits for company.
 *
 * @param <A> what is asked
 * @param <R> what is answered
 */
public final class GroupCommit<A, R> {
  private record Waiting<A, R>(A call, CompletableFuture<R> answer) {}

  private final BlockingQueue<Waiting<A, R>> queue;
  private final Semaphore workers;
  private final int largest;
  private final Duration patience;
  private final Function<List<A>, List<R>> commit;

  /**
   * @param workers most batches that commit at once, one connection each
   * @param largest most calls in a batch
   * @param bound most calls that wait
   * @param patience longest wait of a call
   * @param commit answers a batch in its order, committed
   */
  public GroupCommit(
      int workers, int largest, int bound, Duration patience, Function<List<A>, List<R>> commit) {
    this.queue = new ArrayBlockingQueue<>(bound);
    this.workers = new Semaphore(workers);
    this.largest = largest;
    this.patience = patience;
    this.commit = commit;
  }

  /**
   * Waits until the call is committed.
   *
   * @throws DatabaseUnavailableException when the database cannot be reached, does not answer in
   *     time or too many calls wait; the call may be committed all the same
   * @throws DatabaseException when it refuses this very call
   */
  public R call(A call) {
    var waiting = new Waiting<A, R>(call, new CompletableFuture<>());
    if (!queue.offer(waiting)) {
      throw new DatabaseUnavailableException("too much waits for the database");
    }
    work();
    try {
      return waiting.answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(failed.getCause());
    } catch (TimeoutException slow) {
      throw new DatabaseUnavailableException("the database did not answer in " + patience, slow);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new DatabaseUnavailableException("interrupted while the database was asked", stopped);
    }
  }

  private void work() {
    if (workers.tryAcquire()) {
      Thread.ofVirtual().name("whetstone-commit").start(this::drain);
    }
  }

  private void drain() {
    try {
      List<Waiting<A, R>> batch = new ArrayList<>(largest);
      while (queue.drainTo(batch, largest) > 0) {
        answer(batch);
        batch.clear();
      }
    } finally {
      workers.release();
    }
    // a call that came after the last look and before the release found no worker free
    if (!queue.isEmpty()) {
      work();
    }
  }

  private void answer(List<Waiting<A, R>> batch) {
    try {
      List<R> answers = commit.apply(batch.stream().map(Waiting::call).toList());
      for (int i = 0; i < batch.size(); i++) {
        batch.get(i).answer.complete(answers.get(i));
      }
    } catch (DatabaseException refused) {
      if (batch.size() == 1) {
        batch.getFirst().answer.completeExceptionally(refused);
      } else {
        // one of them is at fault: the others must not suffer for it
        batch.forEach(alone -> answer(List.of(alone)));
      }
    } catch (RuntimeException | Error failed) {
      batch.forEach(waiting -> waiting.answer.completeExceptionally(failed));
    }
  }
}

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
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Commits concurrent calls in batches: calls that arrive while earlier batches commit form the next
 * one. A busy log waits for the disk once a batch; a call to an idle one waits for no other call.
 *
 * @param <A> a call
 * @param <R> its result
 */
public final class GroupCommit<A, R> {
  private record PendingCall<A, R>(A call, CompletableFuture<R> result) {}

  private final BlockingQueue<PendingCall<A, R>> queue;
  private final Semaphore workers;
  private final int maxBatch;
  private final Duration timeout;
  private final Consumer<DatabaseUnavailableException> onTimeout;
  private final Function<List<A>, List<R>> commit;

  /**
   * Creates an idle instance.
   *
   * @param maxWorkers batches that commit at once, one connection each
   * @param maxBatch calls in a batch
   * @param capacity calls that may wait; one more is rejected
   * @param timeout longest wait of a call for its result
   * @param onTimeout hears of each call that waited too long: its batch may hang for longer than
   *     that without an error of its own
   * @param commit commits a batch and returns a result a call, in order
   */
  public GroupCommit(
      int maxWorkers,
      int maxBatch,
      int capacity,
      Duration timeout,
      Consumer<DatabaseUnavailableException> onTimeout,
      Function<List<A>, List<R>> commit) {
    this.queue = new ArrayBlockingQueue<>(capacity);
    this.workers = new Semaphore(maxWorkers);
    this.maxBatch = maxBatch;
    this.timeout = timeout;
    this.onTimeout = onTimeout;
    this.commit = commit;
  }

  /**
   * Queues a call and waits until it is committed.
   *
   * @throws DatabaseUnavailableException when the database cannot be reached or does not answer in
   *     time, or too many calls wait; the call may be committed nevertheless
   * @throws DatabaseException when it rejects this call itself
   */
  public R call(A call) {
    var pending = new PendingCall<A, R>(call, new CompletableFuture<>());
    if (!queue.offer(pending)) {
      throw new DatabaseUnavailableException("too many calls wait for the database; try again");
    }
    startWorker();
    try {
      return pending.result.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(failed.getCause());
    } catch (TimeoutException slow) {
      var unanswered =
          new DatabaseUnavailableException("the database did not answer within " + timeout, slow);
      onTimeout.accept(unanswered);
      throw unanswered;
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new DatabaseUnavailableException("interrupted while waiting for the database", stopped);
    }
  }

  private void startWorker() {
    if (workers.tryAcquire()) {
      Thread.ofVirtual().name("whetstone-commit").start(this::commitBatches);
    }
  }

  private void commitBatches() {
    try {
      List<PendingCall<A, R>> batch = new ArrayList<>(maxBatch);
      while (queue.drainTo(batch, maxBatch) > 0) {
        commitBatch(batch);
        batch.clear();
      }
    } finally {
      workers.release();
    }
    // A call that was queued after the last drain and before the release found no free worker.
    if (!queue.isEmpty()) {
      startWorker();
    }
  }

  private void commitBatch(List<PendingCall<A, R>> batch) {
    try {
      List<R> answers = commit.apply(batch.stream().map(PendingCall::call).toList());
      for (int i = 0; i < batch.size(); i++) {
        batch.get(i).result.complete(answers.get(i));
      }
    } catch (DatabaseException rejected) {
      if (batch.size() == 1) {
        batch.getFirst().result.completeExceptionally(rejected);
      } else {
        // One call is at fault: commit each on its own, so that the others do not fail with it.
        batch.forEach(single -> commitBatch(List.of(single)));
      }
    } catch (RuntimeException | Error failed) {
      batch.forEach(pending -> pending.result.completeExceptionally(failed));
    }
  }
}

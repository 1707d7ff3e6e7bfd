package dev.whetstone.lab;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Makes many calls at once, as many as the gateway decodes together by default. */
final class ParallelCalls {
  private static final int AT_ONCE = 16;

  /** A call and its result. */
  @FunctionalInterface
  interface Call<T, R> {
    R of(T argument) throws IOException, InterruptedException;
  }

  private ParallelCalls() {}

  /**
   * The results, in the order of the arguments.
   *
   * @throws IOException when a call failed; the others have ended or were interrupted
   */
  static <T, R> List<R> map(List<T> arguments, Call<T, R> call)
      throws IOException, InterruptedException {
    ExecutorService threads =
        Executors.newFixedThreadPool(AT_ONCE, Thread.ofVirtual().name("lab-", 0).factory());
    try {
      List<Future<R>> running = new ArrayList<>();
      for (T argument : arguments) {
        running.add(threads.submit(() -> call.of(argument)));
      }
      List<R> results = new ArrayList<>();
      for (Future<R> one : running) {
        results.add(one.get());
      }
      return results;
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof IOException io ? io : new IOException(failed.getCause());
    } finally {
      threads.shutdownNow();
    }
  }
}

package dev.whetstone.engine;

import dev.whetstone.engine.runner.ModelRunner;
import dev.whetstone.policy.Policy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Turns requests into tokens on one thread, which repeats the {@link Scheduler}'s step: schedule,
 * run, sample, publish.
 *
 * <p>Any thread submits, stages and releases: requests pass to the engine thread through the {@link
 * RequestQueue}, stagings through {@code pendingStagings}. Only the engine thread touches the
 * runner, except for {@link ModelRunner#prepare}. A failed model run ends the requests in it with
 * an error, a step that fails otherwise ends all requests; the engine then continues. An Error, or
 * an exception outside a step, leaves a state that cannot be trusted: the thread ends all requests
 * and itself, and throws it on to its uncaught exception handler.
 */
public final class Engine implements AutoCloseable {
  private record PendingStaging(Policy policy, CompletableFuture<Void> done) {}

  private static final Logger LOG = Logger.getLogger(Engine.class);

  private final ModelRunner runner;
  private final int slots;
  private final TaskContext context;
  private final RequestQueue queue;
  private final Scheduler scheduler;
  private final LoadedAdapters adapters;
  private final EngineCounters counters = new EngineCounters();
  private final Queue<PendingStaging> pendingStagings = new ConcurrentLinkedQueue<>();
  private final CountDownLatch drained = new CountDownLatch(1);
  private final Thread thread;
  private volatile boolean closing;
  private volatile boolean alive = true;
  private volatile boolean failed;

  /** When the step under way began, as {@link System#nanoTime}; 0 between two steps. */
  private volatile long stepBegan;

  private volatile EngineStatistics statistics;

  /**
   * Starts the engine thread, which owns {@code runner} from now on and closes it when it ends.
   *
   * @param detokenizers makes one detokenizer a completion
   * @param eosIds token ids that end a completion
   * @param templateStart what the chat template writes before a conversation's first text; empty
   *     without a template
   * @throws IllegalArgumentException when the runner has no slots for prompts beside those of the
   *     configuration
   */
  public Engine(
      ModelRunner runner,
      Supplier<Detokenizer> detokenizers,
      Set<Integer> eosIds,
      int[] templateStart,
      EngineConfig config,
      InstantSource clock) {
    this.runner = runner;
    this.queue = new RequestQueue(config.queuedRequests(), config.queuedTokens());
    this.context =
        new TaskContext(
            detokenizers,
            Set.copyOf(eosIds),
            runner.vocabularySize(),
            runner.slotLength(),
            clock,
            queue::wakeUp,
            this::taskEnded);
    this.slots = config.slots();
    this.scheduler = new Scheduler(runner, config, queue, clock, counters, templateStart);
    this.adapters = new LoadedAdapters(runner);
    this.statistics = scheduler.statistics(0);
    this.thread = Thread.ofPlatform().name("whetstone-engine").daemon().start(this::loop);
  }

  /**
   * Queues a request; any thread.
   *
   * @throws QueueFullException when the queue is full
   * @throws EngineClosedException when the engine is draining or closed
   * @throws IllegalArgumentException when the prompt does not fit a slot, an id is outside the
   *     vocabulary, or there are more branches than slots
   * @throws PolicyNotStagedException when a policy is not staged
   */
  public Generation submit(GenerationRequest request, GenerationListener listener)
      throws QueueFullException {
    RequestValidator.check(request, runner, slots);
    GenerationTask task = new GenerationTask(request, listener, context);
    enqueue(task);
    return task;
  }

  /**
   * Queues a completion to score; any thread. Cancelling the future frees the slot at the next
   * step; it fails with {@link java.util.concurrent.TimeoutException} at its time limit.
   *
   * @throws QueueFullException when the queue is full
   * @throws EngineClosedException when the engine is draining or closed
   * @throws IllegalArgumentException as for {@link #submit}
   */
  public CompletableFuture<Scores> score(ScoreRequest request) throws QueueFullException {
    RequestValidator.check(request, runner);
    ScoreTask task = new ScoreTask(request, context);
    enqueue(task);
    return task.result();
  }

  /**
   * Makes a version servable between two steps; any thread. The calling thread does the slow part
   * ({@link ModelRunner#prepare}). Staging a staged version again has no effect. The future fails
   * with what {@link ModelRunner#stage} threw.
   */
  public CompletableFuture<Void> stage(Policy policy) {
    PendingStaging staging = new PendingStaging(policy, new CompletableFuture<>());
    try {
      if (alive && !adapters.isLoaded(policy)) {
        runner.prepare(policy);
      }
    } catch (RuntimeException | OutOfMemoryError invalid) {
      staging.done().completeExceptionally(invalid);
      return staging.done();
    }
    pendingStagings.add(staging);
    queue.wakeUp();
    if (!alive) {
      failPendingStagings();
    }
    return staging.done();
  }

  /**
   * Refuses new requests of a version from now on; any thread. Its memory is freed when its last
   * request has ended, which completes the future (staging it again also does). v0 is never freed.
   */
  public CompletableFuture<Void> release(Policy policy) {
    CompletableFuture<Void> unloaded = new CompletableFuture<>();
    adapters.markUnused(policy, unloaded);
    queue.wakeUp();
    return unloaded;
  }

  /** Maximum tokens of prompt and completion together. */
  public int slotLength() {
    return runner.slotLength();
  }

  /** Maximum completions of one request. */
  public int slots() {
    return slots;
  }

  /** The statistics after the last step; any thread. */
  public EngineStatistics statistics() {
    return statistics;
  }

  /** False once the engine thread has ended. */
  public boolean alive() {
    return alive;
  }

  /** True once the engine thread has ended by itself; the process must be started again. */
  public boolean failed() {
    return failed;
  }

  /** For how long the step under way has been running; zero while none is. */
  public Duration stepAge() {
    long began = stepBegan;
    return began == 0 ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - began);
  }

  /** Refuses new requests and waits for the others to end; false if {@code limit} was too short. */
  public boolean drain(Duration limit) throws InterruptedException {
    queue.close();
    return drained.await(limit.toNanos(), TimeUnit.NANOSECONDS);
  }

  /**
   * Ends all requests with {@link FinishReason#ERROR}, closes the runner and waits for the engine
   * thread to end.
   */
  @Override
  public void close() {
    closing = true;
    queue.close();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void enqueue(Task task) {
    List<Policy> acquired = new ArrayList<>();
    try {
      for (Policy policy : task.policies()) {
        adapters.acquire(policy);
        acquired.add(policy);
      }
      queue.add(task);
    } catch (RuntimeException e) {
      acquired.forEach(adapters::release);
      queue.wakeUp();
      throw e;
    }
  }

  private void taskEnded(Task task) {
    counters.finished++;
    task.policies().forEach(adapters::release);
  }

  private void loop() {
    try {
      while (!closing) {
        stagePending();
        adapters.unloadUnused();
        if (scheduler.idle()) {
          awaitWork();
        } else {
          step();
        }
      }
    } catch (InterruptedException e) {
      LOG.warn("the engine thread was interrupted and shuts down", e);
    } catch (RuntimeException | Error untrusted) {
      failed = true;
      throw untrusted;
    } finally {
      shutDown();
    }
  }

  private void awaitWork() throws InterruptedException {
    statistics = scheduler.statistics(adapters.loaded());
    if (queue.isClosed()) {
      drained.countDown();
    }
    queue.awaitWakeUp();
  }

  private void step() {
    stepBegan = System.nanoTime() | 1;
    try {
      scheduler.step();
    } catch (RuntimeException e) {
      LOG.error("an engine step failed; all requests end with an error", e);
      scheduler.abortAll("the engine failed: " + e.getMessage());
    } finally {
      stepBegan = 0;
    }
    statistics = scheduler.statistics(adapters.loaded());
  }

  private void stagePending() {
    for (PendingStaging next = pendingStagings.poll();
        next != null;
        next = pendingStagings.poll()) {
      stage(next);
    }
  }

  private void stage(PendingStaging staging) {
    try {
      adapters.stage(staging.policy());
      Thread.startVirtualThread(() -> staging.done().complete(null));
    } catch (RuntimeException e) {
      Thread.startVirtualThread(() -> staging.done().completeExceptionally(e));
    } catch (Error untrusted) {
      staging.done().completeExceptionally(untrusted);
      throw untrusted;
    }
  }

  // Every part is tried, whatever another one throws: callers wait for each of them.
  private void shutDown() {
    attempt(queue::close);
    attempt(() -> scheduler.abortAll(failed ? "the engine failed" : "the engine is closed"));
    alive = false;
    attempt(this::failPendingStagings);
    attempt(adapters::close);
    attempt(scheduler::close);
    attempt(runner::close);
    attempt(() -> statistics = scheduler.statistics(adapters.loaded()));
    drained.countDown();
  }

  private static void attempt(Runnable part) {
    try {
      part.run();
    } catch (RuntimeException | Error unusable) {
      LOG.error("a part of the engine could not be shut down", unusable);
    }
  }

  private void failPendingStagings() {
    for (PendingStaging next = pendingStagings.poll();
        next != null;
        next = pendingStagings.poll()) {
      next.done().completeExceptionally(new EngineClosedException("the engine is closed"));
    }
  }
}

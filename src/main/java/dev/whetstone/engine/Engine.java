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

/** Turns requests into tokens on one thread: schedule, run, sample, publish. */
public final class Engine implements AutoCloseable {
  private record Staging(Policy policy, CompletableFuture<Void> done) {}

  private static final Logger LOG = Logger.getLogger(Engine.class);

  private final ModelRunner runner;
  private final TaskContext context;
  private final RequestQueue line;
  private final Scheduler scheduler;
  private final LoadedAdapters policies;
  private final EngineCounters counters = new EngineCounters();
  private final Queue<Staging> stagings = new ConcurrentLinkedQueue<>();
  private final CountDownLatch drained = new CountDownLatch(1);
  private final Thread thread;
  private volatile boolean closing;
  private volatile boolean alive = true;
  private volatile EngineStatistics statistics;

  /**
   * Starts the engine thread, which owns {@code runner} from now on and closes it at the end.
   *
   * @param detokenizers makes one per completion
   * @param eosIds ids that end a completion
   */
  public Engine(
      ModelRunner runner,
      Supplier<Detokenizer> detokenizers,
      Set<Integer> eosIds,
      EngineConfig config,
      InstantSource clock) {
    this.runner = runner;
    this.line = new RequestQueue(config.queuedRequests(), config.queuedTokens());
    this.context =
        new TaskContext(
            detokenizers,
            Set.copyOf(eosIds),
            runner.vocabularySize(),
            runner.slotLength(),
            clock,
            line::wake,
            this::ended);
    this.scheduler = new Scheduler(runner, config, line, clock, counters);
    this.policies = new LoadedAdapters(runner);
    this.statistics = scheduler.statistics();
    this.thread = Thread.ofPlatform().name("whetstone-engine").daemon().start(this::loop);
  }

  /**
   * Puts a request in line; any thread.
   *
   * @throws QueueFullException when too much waits already
   * @throws EngineClosedException when the engine is draining or closed
   * @throws IllegalArgumentException when the prompt does not fit a slot, an id is outside the
   *     vocabulary, or there are more branches than slots
   * @throws PolicyNotStagedException when a policy is not staged
   */
  public Generation submit(GenerationRequest request, GenerationListener listener)
      throws QueueFullException {
    RequestValidator.check(request, runner);
    GenerationTask task = GenerationTask.of(request, listener, context);
    enqueue(task);
    return task;
  }

  /**
   * Puts a text to score in line; any thread. Cancelling the future frees the slot at the next
   * step; it fails with {@link java.util.concurrent.TimeoutException} at its time limit.
   *
   * @throws QueueFullException when too much waits already
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
   * Makes a version servable, between two steps; what takes long of it is done by the calling
   * thread. Staging a staged version again changes nothing. The future fails with what {@link
   * ModelRunner#stage} threw.
   */
  public CompletableFuture<Void> stage(Policy policy) {
    Staging staging = new Staging(policy, new CompletableFuture<>());
    try {
      if (alive && !policies.holds(policy)) {
        runner.prepare(policy);
      }
    } catch (RuntimeException unfit) {
      staging.done().completeExceptionally(unfit);
      return staging.done();
    }
    stagings.add(staging);
    line.wake();
    if (!alive) {
      refuseStagings();
    }
    return staging.done();
  }

  /**
   * Refuses new requests of a version; its memory goes when its last sequence has ended, which
   * completes the future (as does staging it again). v0 stays.
   */
  public CompletableFuture<Void> release(Policy policy) {
    CompletableFuture<Void> gone = new CompletableFuture<>();
    policies.retire(policy, gone);
    line.wake();
    return gone;
  }

  /** Most tokens of prompt and completion together. */
  public int slotLength() {
    return runner.slotLength();
  }

  public EngineStatistics statistics() {
    return statistics;
  }

  /** False once the engine thread has ended. */
  public boolean alive() {
    return alive;
  }

  /** Takes no more work and waits until all of it has ended or {@code limit} is over. */
  public boolean drain(Duration limit) throws InterruptedException {
    line.shut();
    return drained.await(limit.toNanos(), TimeUnit.NANOSECONDS);
  }

  /**
   * Ends everything at once with {@link FinishReason#ERROR}, frees the runner, stops the thread.
   */
  @Override
  public void close() {
    closing = true;
    line.shut();
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
        policies.acquire(policy);
        acquired.add(policy);
      }
      line.add(task);
    } catch (RuntimeException e) {
      acquired.forEach(policies::giveBack);
      line.wake();
      throw e;
    }
  }

  private void ended(Task task) {
    counters.finished++;
    task.policies().forEach(policies::giveBack);
  }

  private void loop() {
    try {
      while (!closing) {
        stageWaiting();
        policies.freeRetired();
        if (scheduler.idle()) {
          rest();
        } else {
          step();
        }
      }
    } catch (InterruptedException e) {
      LOG.warn("the engine thread was interrupted", e);
    } finally {
      end();
    }
  }

  private void rest() throws InterruptedException {
    statistics = scheduler.statistics();
    if (line.isShut()) {
      drained.countDown();
    }
    line.await();
  }

  private void step() {
    try {
      scheduler.step();
    } catch (RuntimeException e) {
      LOG.error("a step failed", e);
      scheduler.abortAll("the engine failed: " + e.getMessage());
    }
    statistics = scheduler.statistics();
  }

  private void stageWaiting() {
    for (Staging next = stagings.poll(); next != null; next = stagings.poll()) {
      stage(next);
    }
  }

  private void stage(Staging staging) {
    try {
      policies.stage(staging.policy());
      Thread.startVirtualThread(() -> staging.done().complete(null));
    } catch (RuntimeException e) {
      Thread.startVirtualThread(() -> staging.done().completeExceptionally(e));
    }
  }

  private void end() {
    line.shut();
    scheduler.abortAll("the engine is closed");
    alive = false;
    refuseStagings();
    policies.close();
    scheduler.close();
    runner.close();
    statistics = scheduler.statistics();
    drained.countDown();
  }

  private void refuseStagings() {
    for (Staging next = stagings.poll(); next != null; next = stagings.poll()) {
      next.done().completeExceptionally(new EngineClosedException("the engine is closed"));
    }
  }
}

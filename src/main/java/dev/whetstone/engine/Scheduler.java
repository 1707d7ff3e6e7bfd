package dev.whetstone.engine;

import dev.whetstone.engine.runner.Batch;
import dev.whetstone.engine.runner.ModelRunner;
import dev.whetstone.engine.runner.PrefixCache;
import dev.whetstone.engine.sampling.BadLogitsException;
import dev.whetstone.engine.sampling.Sampler;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The engine's step, in the order of vLLM and nano-vllm: schedule, run, sample, publish. Confined
 * to the engine thread.
 *
 * <p>Running sequences occupy the first slots, without holes; at most one prompt is prefilled, in a
 * slot behind them. Requesters take turns; the tasks of one are admitted in the order of
 * submission. A task starts as many branches as there are free slots (a pair both or none), and
 * waits with the others for its next turn, at the head of its requester's tasks. A prompt advances
 * by one chunk between two decode runs. So nobody waits for another's many branches, decoding never
 * waits for more than one chunk, and chunks start at multiples of their size whatever else runs.
 */
final class Scheduler implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Scheduler.class);

  private final ModelRunner runner;
  private final EngineConfig config;
  private final RequestQueue waiting;
  private final InstantSource clock;
  private final PrefixCache cache;
  private final Sampler sampler;
  private final EngineCounters counters;
  private final RunningBatch running;
  private @Nullable PrefillProgress prefilling;

  Scheduler(
      ModelRunner runner,
      EngineConfig config,
      RequestQueue waiting,
      InstantSource clock,
      EngineCounters counters) {
    this.runner = runner;
    this.config = config;
    this.waiting = waiting;
    this.clock = clock;
    this.counters = counters;
    this.cache = new PrefixCache(runner, config.prefillChunk(), config.prefixCacheBytes());
    this.sampler = new Sampler(runner.vocabularySize());
    this.running = new RunningBatch(runner);
  }

  /**
   * Runs one step. {@code schedule} selects the work; {@code prefill} computes one chunk of a
   * prompt and {@code decode} one token for every running sequence. Each of the two runs the model,
   * samples from its logits and publishes the new tokens.
   */
  void step() {
    long start = System.nanoTime();
    schedule();
    prefill();
    decode();
    counters.steps++;
    counters.lastStepNanos = System.nanoTime() - start;
  }

  /** Whether no task is waiting or running. */
  boolean idle() {
    return running.isEmpty() && prefilling == null && waiting.size() == 0;
  }

  /**
   * The statistics now.
   *
   * @param adapters versions with an adapter that are loaded
   */
  EngineStatistics statistics(int adapters) {
    return counters.snapshot(
        running, prefilling != null, waiting, adapters, runner.slots(), cache.bytes());
  }

  private void schedule() {
    abortCancelledAndExpired();
    admit();
  }

  private void abortCancelledAndExpired() {
    Instant now = clock.instant();
    Set<Task> aborted =
        new LinkedHashSet<>(waiting.remove(task -> isCancelledOrExpired(task, now)));
    for (Task task : runningTasks()) {
      if (isCancelledOrExpired(task, now)) {
        aborted.add(task);
      }
    }
    for (Task task : aborted) {
      abort(
          task,
          task.cancelled() ? FinishReason.CANCELLED : FinishReason.ERROR,
          "the request exceeded its time limit of " + task.timeout());
    }
    running.compact();
  }

  private static boolean isCancelledOrExpired(Task task, Instant now) {
    return task.cancelled() || !now.isBefore(task.deadline());
  }

  private Set<Task> runningTasks() {
    Set<Task> tasks = new LinkedHashSet<>(running.tasks());
    if (prefilling != null) {
      tasks.add(prefilling.task);
    }
    return tasks;
  }

  /** Starts the prefill of the task whose turn it is, if there are slots for it to start. */
  private void admit() {
    if (prefilling != null) {
      return;
    }
    Task task = waiting.poll(freeSlots(), clock.instant());
    if (task != null) {
      startPrefill(task);
    }
  }

  private int freeSlots() {
    return runner.slots() - running.size();
  }

  private void startPrefill(Task task) {
    try {
      PrefillProgress next = newPrefill(task);
      prefilling = next;
      int cached = cache.restore(next.slot, next.policy, next.tokens(), next.cacheableTokens());
      next.advance(cached);
      counters.cachedTokens += cached;
      task.timer().startPrefill(cached);
    } catch (RuntimeException e) {
      fail(e, Set.of(task));
    } catch (Error untrusted) {
      // The task is in no list yet, so nothing else would end it.
      task.abort(FinishReason.ERROR, "the engine failed");
      throw untrusted;
    }
  }

  private PrefillProgress newPrefill(Task task) {
    int chunk = config.prefillChunk();
    return switch (task) {
      case GenerationTask generation ->
          PrefillProgress.forGeneration(
              generation, generation.nextToPrefill(freeSlots()), running.size(), chunk);
      case ScoreTask score ->
          PrefillProgress.forScore(score, running.size(), chunk, config.scoreRows());
    };
  }

  /** Computes one chunk of the prompt that is being prefilled. */
  private void prefill() {
    PrefillProgress current = prefilling;
    if (current == null) {
      return;
    }
    try {
      Batch.Prefill batch = current.nextBatch();
      FloatBuffer logits = run(batch);
      int count = batch.tokens().length;
      counters.prefilledTokens += count;
      if (count == config.prefillChunk()) {
        cache.store(current.slot, current.policy, current.tokens(), current.computedTokens());
      }
      current.advance(count);
      consume(current, batch, logits);
    } catch (RuntimeException e) {
      fail(e, Set.of(current.task));
    }
  }

  private void consume(PrefillProgress current, Batch.Prefill batch, FloatBuffer logits) {
    switch (current.task) {
      case GenerationTask task -> {
        if (current.isDone()) {
          prefilling = null;
          startDecode(task, current, logits);
        }
      }
      case ScoreTask task -> {
        for (int row = 0; row < batch.logitRows().length; row++) {
          int alternatives = task.request().topLogprobs();
          task.add(sampler.score(logits, row, task.nextToken(), alternatives));
        }
        if (current.isDone()) {
          prefilling = null;
          runner.clearSlot(current.slot);
          task.finish();
        }
      }
    }
  }

  /** Turns a prefilled slot into running sequences, each with its first token. */
  private void startDecode(GenerationTask task, PrefillProgress prefilled, FloatBuffer logits) {
    running.start(prefilled);
    for (Sequence sequence : prefilled.sequences) {
      if (task.sibling(sequence) != null) {
        float[] first = new float[runner.vocabularySize()];
        logits.get(0, first);
        sequence.keepFirstLogits(first);
      }
    }
    Duration toFirstToken = task.timer().startDecode();
    if (toFirstToken != null) {
      counters.firstTokens++;
      counters.firstTokenNanos += toFirstToken.toNanos();
    }
    sample(prefilled.sequences, logits, 0);
    publish();
    if (!task.isPartlyStarted()) {
      return;
    }
    if (freeSlots() > 0) {
      startPrefill(task);
    } else {
      waiting.addAgain(task);
    }
  }

  /** Computes one more token for every running sequence. */
  private void decode() {
    if (running.isEmpty()) {
      return;
    }
    try {
      FloatBuffer logits = run(running.decodeBatch());
      List<Sequence> rows = running.sequences();
      rows.forEach(Sequence::advance);
      sample(rows, logits, 1);
      publish();
    } catch (RuntimeException e) {
      fail(e, running.tasks());
    }
  }

  private FloatBuffer run(Batch batch) {
    long start = System.nanoTime();
    FloatBuffer logits = runner.run(batch);
    counters.modelNanos += System.nanoTime() - start;
    return logits;
  }

  /**
   * Samples one token for each sequence.
   *
   * @param stride rows of logits from one sequence to the next; 0 when all sample from the same row
   */
  private void sample(List<Sequence> sequences, FloatBuffer logits, int stride) {
    long start = System.nanoTime();
    for (int i = 0; i < sequences.size(); i++) {
      sample(sequences.get(i), logits, i * stride);
    }
    counters.samplerNanos += System.nanoTime() - start;
  }

  private void sample(Sequence sequence, FloatBuffer logits, int row) {
    try {
      int alternatives = sequence.task.request().topLogprobs();
      sequence.append(sampler.sample(logits, row, sequence.samplerState(), alternatives));
      counters.decodedTokens++;
    } catch (BadLogitsException e) {
      sequence.end(FinishReason.ERROR, e.getMessage());
    }
  }

  /** Resamples duplicates, publishes, and frees the slots of sequences that have ended. */
  private void publish() {
    for (Sequence sequence : running.sequences()) {
      while (sequence.equalsSibling() && resample(sequence)) {
        counters.resamples++;
      }
    }
    running.sequences().forEach(Sequence::publish);
    running.compact();
  }

  private boolean resample(Sequence sequence) {
    FloatBuffer first = sequence.firstLogits();
    if (first == null
        || sequence.samplerState().isDeterministic()
        || sequence.resamples() == config.resamples()) {
      sequence.markIdentical();
      return false;
    }
    sequence.resample();
    sample(sequence, first, 0);
    return true;
  }

  private void fail(RuntimeException cause, Set<Task> tasks) {
    LOG.error("the model run failed; its requests end with an error", cause);
    counters.failed++;
    waiting.remove(tasks::contains);
    for (Task task : tasks) {
      abort(task, FinishReason.ERROR, "the model failed: " + cause.getMessage());
    }
    running.compact();
  }

  private void abort(Task task, FinishReason reason, String error) {
    PrefillProgress current = prefilling;
    if (current != null && current.task == task) {
      prefilling = null;
      runner.clearSlot(current.slot);
    }
    task.abort(reason, error);
  }

  /** Ends every task, waiting or running, with {@link FinishReason#ERROR}. */
  void abortAll(String error) {
    Set<Task> all = new LinkedHashSet<>(waiting.remove(task -> true));
    all.addAll(runningTasks());
    all.forEach(task -> abort(task, FinishReason.ERROR, error));
    running.compact();
  }

  @Override
  public void close() {
    cache.close();
  }
}

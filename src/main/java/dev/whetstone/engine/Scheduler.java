package dev.whetstone.engine;

import static dev.whetstone.settings.Checks.require;

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

/**
 * The engine's step, in the order of vLLM and nano-vllm: schedule, run, sample, publish. Confined
 * to the engine thread.
 *
 * <p>Running sequences occupy the first slots, without holes; a few prompts are computed in the
 * slots behind them. Requesters take turns; the tasks of one are admitted in the order of
 * submission. A task starts as many branches as there are free slots (a pair both or none), and
 * waits with the others for its next turn, at the head of its requester's tasks. A step computes a
 * number of prompt tokens, which prompts share, and one token of each sequence. So nobody waits for
 * another's many branches or long prompt, and decoding never waits for more than those tokens.
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
  private final Prefills prefills;
  private final int[] templateStart;

  Scheduler(
      ModelRunner runner,
      EngineConfig config,
      RequestQueue waiting,
      InstantSource clock,
      EngineCounters counters,
      int[] templateStart) {
    int promptSlots = runner.slots() - config.slots();
    require(promptSlots > 0, "the model has no slots for prompts beside those of sequences");
    this.runner = runner;
    this.config = config;
    this.waiting = waiting;
    this.clock = clock;
    this.counters = counters;
    this.templateStart = templateStart.clone();
    this.cache = new PrefixCache(runner, config.prefixCacheBytes());
    this.sampler = new Sampler(runner.vocabularySize());
    this.running = new RunningBatch(runner);
    this.prefills = new Prefills(config.slots(), promptSlots);
  }

  /**
   * Runs one step. {@code schedule} selects the work; {@code prefill} computes a chunk of some
   * prompts and {@code decode} one token for every running sequence. Each of the two runs the
   * model, samples from its logits and publishes the new tokens.
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
    return running.isEmpty() && prefills.isEmpty() && waiting.size() == 0;
  }

  /**
   * The statistics now.
   *
   * @param adapters versions with an adapter that are loaded
   */
  EngineStatistics statistics(int adapters) {
    return counters.snapshot(
        running, prefills.size(), waiting, adapters, config.slots(), cache.bytes());
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
    tasks.addAll(prefills.tasks());
    return tasks;
  }

  /** Starts the prefills of the tasks whose turn it is, while there are slots for them to start. */
  private void admit() {
    while (!prefills.isFull()) {
      Task task = waiting.poll(freeSlots(), clock.instant());
      if (task == null) {
        return;
      }
      startPrefill(task);
    }
  }

  private int freeSlots() {
    return config.slots() - running.size() - prefills.reservedSlots();
  }

  private void startPrefill(Task task) {
    try {
      PrefillProgress next = newPrefill(task);
      prefills.add(next);
      PrefixCache.Restored restored =
          cache.restore(next.slot, next.prompt(), next.cacheableTokens());
      next.advance(restored.tokens());
      counters.cachedTokens += restored.tokens();
      task.timer().startPrefill(restored.own());
    } catch (RuntimeException e) {
      fail(e, Set.of(task));
    } catch (Error untrusted) {
      // The task is in no list yet, so nothing else would end it.
      task.abort(FinishReason.ERROR, "the engine failed");
      throw untrusted;
    }
  }

  private PrefillProgress newPrefill(Task task) {
    int slot = prefills.freeSlot();
    return switch (task) {
      case GenerationTask generation ->
          PrefillProgress.forGeneration(
              generation, generation.nextToPrefill(freeSlots()), slot, templateStart);
      case ScoreTask score ->
          PrefillProgress.forScore(score, slot, templateStart, config.scoreRows());
    };
  }

  /** Computes a chunk of some of the prompts. */
  private void prefill() {
    for (Prefills.Share share : prefills.shares(config.prefillChunk())) {
      prefill(share.prompt(), share.tokens());
    }
  }

  private void prefill(PrefillProgress current, int tokens) {
    try {
      Batch.Prefill batch = current.nextBatch(tokens);
      FloatBuffer logits = run(batch);
      int before = current.computedTokens();
      current.advance(batch.tokens().length);
      counters.prefilledTokens += batch.tokens().length;
      cache.store(current.slot, current.prompt(), before, current.computedTokens());
      consume(current, batch, logits);
    } catch (RuntimeException e) {
      fail(e, Set.of(current.task));
    }
  }

  private void consume(PrefillProgress current, Batch.Prefill batch, FloatBuffer logits) {
    switch (current.task) {
      case GenerationTask task -> {
        if (current.isDone()) {
          prefills.remove(current);
          startDecode(task, current, logits);
        }
      }
      case ScoreTask task -> {
        for (int row = 0; row < batch.logitRows().length; row++) {
          int alternatives = task.request().topLogprobs();
          task.add(sampler.score(logits, row, task.nextToken(), alternatives));
        }
        if (current.isDone()) {
          prefills.remove(current);
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
    for (PrefillProgress current : prefills.of(task)) {
      prefills.remove(current);
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

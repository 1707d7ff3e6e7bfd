package dev.whetstone.engine;

import dev.whetstone.engine.runner.Batch;
import dev.whetstone.engine.runner.ModelRunner;
import dev.whetstone.engine.runner.PrefixCache;
import dev.whetstone.engine.sampling.BadLogitsException;
import dev.whetstone.engine.sampling.Sampler;
import java.nio.FloatBuffer;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Who runs next. Live sequences occupy the first slots; at most one prompt fills a slot behind
 * them. Used by the engine thread alone.
 *
 * <p>Tasks are admitted in the order they came, each with all its branches or not at all, and one
 * prompt is filled at a time, one chunk between two decode steps: so every task starts in its turn,
 * decoding never waits for more than a chunk, and chunks start at multiples of their size whatever
 * else is running.
 */
final class Scheduler implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Scheduler.class);

  private final ModelRunner runner;
  private final EngineConfig config;
  private final RequestQueue line;
  private final InstantSource clock;
  private final PrefixCache cache;
  private final Sampler sampler;
  private final EngineCounters counters;
  private final RunningBatch live;
  private @Nullable PrefillProgress filling;

  Scheduler(
      ModelRunner runner,
      EngineConfig config,
      RequestQueue line,
      InstantSource clock,
      EngineCounters counters) {
    this.runner = runner;
    this.config = config;
    this.line = line;
    this.clock = clock;
    this.counters = counters;
    this.cache = new PrefixCache(runner, config.prefillChunk(), config.prefixCacheBytes());
    this.sampler = new Sampler(runner.vocabularySize());
    this.live = new RunningBatch(runner);
  }

  /**
   * Schedule, run, sample, publish: one chunk of a prompt and one token for every live sequence.
   */
  void step() {
    long start = System.nanoTime();
    endUnwanted();
    admit();
    fill();
    decode();
    counters.steps++;
    counters.lastStepNanos = System.nanoTime() - start;
  }

  /** Nothing to do until something comes in. */
  boolean idle() {
    return live.isEmpty() && filling == null && line.size() == 0;
  }

  EngineStatistics statistics() {
    return counters.snapshot(live.size(), filling != null, line, runner.slots(), cache.bytes());
  }

  /** Ends what was cancelled or has run out of time, wherever it is. */
  private void endUnwanted() {
    Instant now = clock.instant();
    List<Task> unwanted = line.remove(task -> unwanted(task, now));
    for (Task task : running()) {
      if (unwanted(task, now)) {
        unwanted.add(task);
      }
    }
    for (Task task : unwanted) {
      abort(
          task,
          task.cancelled() ? FinishReason.CANCELLED : FinishReason.ERROR,
          "the time limit of " + task.timeout() + " is over");
    }
    live.compact();
  }

  private static boolean unwanted(Task task, Instant now) {
    return task.cancelled() || !now.isBefore(task.deadline());
  }

  private Set<Task> running() {
    Set<Task> tasks = new LinkedHashSet<>(live.tasks());
    if (filling != null) {
      tasks.add(filling.task);
    }
    return tasks;
  }

  /** Starts the prompt of the first task in line, if all its branches find a slot. */
  private void admit() {
    if (filling != null) {
      return;
    }
    Task task = line.poll(runner.slots() - live.size(), clock.instant());
    if (task != null) {
      begin(task);
    }
  }

  private void begin(Task task) {
    int chunk = config.prefillChunk();
    PrefillProgress next =
        switch (task) {
          case GenerationTask generation ->
              PrefillProgress.prompt(generation, generation.nextToFill(), live.size(), chunk);
          case ScoreTask score ->
              PrefillProgress.text(score, live.size(), chunk, config.scoreRows());
        };
    filling = next;
    try {
      int cached = cache.restore(next.slot, next.policy, next.tokens(), next.cacheable());
      next.advance(cached);
      counters.cachedTokens += cached;
      task.timeline().filling(cached);
    } catch (RuntimeException e) {
      fail(e, Set.of(task));
    }
  }

  /** Computes one chunk of the prompt that is filling. */
  private void fill() {
    PrefillProgress current = filling;
    if (current == null) {
      return;
    }
    try {
      Batch.Prefill batch = current.next();
      FloatBuffer logits = run(batch);
      int count = batch.tokens().length;
      counters.prefilledTokens += count;
      if (count == config.prefillChunk()) {
        cache.store(current.slot, current.policy, current.tokens(), current.past());
      }
      current.advance(count);
      use(current, batch, logits);
    } catch (RuntimeException e) {
      fail(e, Set.of(current.task));
    }
  }

  private void use(PrefillProgress current, Batch.Prefill batch, FloatBuffer logits) {
    switch (current.task) {
      case GenerationTask task -> {
        if (current.done()) {
          filling = null;
          start(task, current, logits);
        }
      }
      case ScoreTask task -> {
        for (int row = 0; row < batch.logitRows().length; row++) {
          task.add(sampler.logp(logits, row, task.nextToken()));
        }
        if (current.done()) {
          filling = null;
          runner.clearSlot(current.slot);
          task.finish();
        }
      }
    }
  }

  /** Turns a full slot into live sequences, each with its first token. */
  private void start(GenerationTask task, PrefillProgress filled, FloatBuffer logits) {
    live.start(filled);
    for (Sequence sequence : filled.sequences) {
      if (task.sibling(sequence) != null) {
        float[] first = new float[runner.vocabularySize()];
        logits.get(0, first);
        sequence.keepFirstLogits(first);
      }
    }
    task.timeline().decoding();
    sample(filled.sequences, logits, 0);
    settle();
    if (!task.nextToFill().isEmpty()) {
      begin(task);
    }
  }

  /** One more token for every live sequence. */
  private void decode() {
    if (live.isEmpty()) {
      return;
    }
    try {
      FloatBuffer logits = run(live.batch());
      List<Sequence> rows = live.sequences();
      rows.forEach(Sequence::advance);
      sample(rows, logits, 1);
      settle();
    } catch (RuntimeException e) {
      fail(e, live.tasks());
    }
  }

  private FloatBuffer run(Batch batch) {
    long start = System.nanoTime();
    FloatBuffer logits = runner.run(batch);
    counters.modelNanos += System.nanoTime() - start;
    return logits;
  }

  /**
   * @param stride rows from one sequence to the next: 0 when all start from the same row
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
      sequence.accept(sampler.draw(logits, row, sequence.sampler(), alternatives));
      counters.decodedTokens++;
    } catch (BadLogitsException e) {
      sequence.end(FinishReason.ERROR, e.getMessage());
    }
  }

  /** Redraws what must differ, publishes, and frees the slots of what has ended. */
  private void settle() {
    for (Sequence sequence : live.sequences()) {
      while (sequence.repeats() && redraw(sequence)) {
        counters.redraws++;
      }
    }
    live.sequences().forEach(Sequence::publish);
    live.compact();
  }

  private boolean redraw(Sequence sequence) {
    FloatBuffer first = sequence.firstLogits();
    if (first == null || sequence.sampler().certain() || sequence.redraws() == config.resamples()) {
      sequence.markIdentical();
      return false;
    }
    sequence.redraw();
    sample(sequence, first, 0);
    return true;
  }

  private void fail(RuntimeException cause, Set<Task> tasks) {
    LOG.error("the model failed", cause);
    counters.failed++;
    for (Task task : tasks) {
      abort(task, FinishReason.ERROR, "the model failed: " + cause.getMessage());
    }
    live.compact();
  }

  private void abort(Task task, FinishReason reason, String error) {
    PrefillProgress current = filling;
    if (current != null && current.task == task) {
      filling = null;
      runner.clearSlot(current.slot);
    }
    task.abort(reason, error);
  }

  /** Ends everything, waiting or running. */
  void abortAll(String error) {
    List<Task> all = new ArrayList<>(line.remove(task -> true));
    all.addAll(running());
    all.forEach(task -> abort(task, FinishReason.ERROR, error));
    live.compact();
  }

  @Override
  public void close() {
    cache.close();
  }
}

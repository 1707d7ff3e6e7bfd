package dev.whetstone.engine;

import dev.whetstone.engine.sampling.SampledToken;
import dev.whetstone.engine.sampling.SamplerState;
import dev.whetstone.policy.Policy;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/** One completion on its way: what was sampled, how far its slot is filled, how it ended. */
final class Sequence {
  final GenerationTask task;
  final int branch;
  final Policy policy;
  private final SampledTokens log = new SampledTokens();
  private SamplerState sampler;
  private StopSequenceDetector text;
  private int past;
  private int redraws;
  private int reported;
  private int compared;
  private @Nullable FinishReason reason;
  private @Nullable String error;
  private boolean identical;
  private boolean started;
  private boolean finished;
  private @Nullable FloatBuffer firstLogits;

  Sequence(GenerationTask task, int branch) {
    this.task = task;
    this.branch = branch;
    this.policy = task.request().branches().get(branch).policy();
    this.sampler = task.sampler(branch, 0);
    this.text = task.textStream();
  }

  /** Its slot holds the whole prompt now. */
  void start() {
    started = true;
    past = task.request().prompt().length;
  }

  boolean started() {
    return started;
  }

  /** Keeps the logits behind the prompt, should it have to be drawn again. */
  void keepFirstLogits(float[] logits) {
    firstLogits = FloatBuffer.wrap(logits);
  }

  @Nullable FloatBuffer firstLogits() {
    return firstLogits;
  }

  SamplerState sampler() {
    return sampler;
  }

  /** Tokens its slot holds. */
  int past() {
    return past;
  }

  /** Its last token has been written to its slot. */
  void advance() {
    past++;
  }

  int lastToken() {
    return log.token(log.size() - 1);
  }

  boolean ended() {
    return reason != null;
  }

  /** Takes a sampled token, which may be the last. */
  void accept(SampledToken draw) {
    log.add(draw);
    if (task.endsWith(draw.token()) || text.push(draw.token())) {
      end(FinishReason.STOP, null);
    } else if (log.size() == task.mostTokens()) {
      end(FinishReason.LENGTH, null);
    }
  }

  /** Ends it, unless it has ended. */
  void end(FinishReason why, @Nullable String message) {
    if (reason == null) {
      reason = why;
      error = message;
      text.finish();
    }
  }

  /** Whether it came out exactly like the first of a pair that must differ. */
  boolean repeats() {
    Sequence first = task.sibling(this);
    return first != null && whole() && first.whole() && log.sameTokens(first.log);
  }

  private boolean whole() {
    return reason == FinishReason.STOP || reason == FinishReason.LENGTH;
  }

  /** Goes back to the end of the prompt with another seed. */
  void redraw() {
    redraws++;
    log.clear();
    sampler = task.sampler(branch, redraws);
    text = task.textStream();
    compared = 0;
    reason = null;
    past = task.request().prompt().length;
  }

  int redraws() {
    return redraws;
  }

  void markIdentical() {
    identical = true;
  }

  /** Tells the listener of new text, and of the end. */
  void publish() {
    if (finished || (reason == null && mayBeRedrawn())) {
      return;
    }
    String fresh = text.take();
    boolean more = reported < log.size();
    if (!fresh.isEmpty() || (more && reason != null)) {
      int from = reported;
      reported = log.size();
      task.tellText(branch, fresh, log.tokens(from), log.logps(from), log.alternatives(from));
    }
    if (reason != null) {
      finished = true;
      task.tellFinish(branch, completion(reason));
    }
  }

  /** Nothing may be shown of a second side as long as it could still equal the first. */
  private boolean mayBeRedrawn() {
    Sequence first = task.sibling(this);
    if (first == null) {
      return false;
    }
    while (compared < Math.min(log.size(), first.log.size())
        && log.token(compared) == first.log.token(compared)) {
      compared++;
    }
    return compared == log.size();
  }

  private Completion completion(FinishReason why) {
    return new Completion(
        policy.version(),
        log.tokens(0),
        log.logps(0),
        log.alternatives(0),
        text.text(),
        why,
        error,
        identical);
  }
}

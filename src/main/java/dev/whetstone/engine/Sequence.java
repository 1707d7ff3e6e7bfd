package dev.whetstone.engine;

import dev.whetstone.engine.sampling.SampledToken;
import dev.whetstone.engine.sampling.SamplerState;
import dev.whetstone.policy.Policy;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/** One completion in progress: its sampled tokens, the tokens in its slot, and how it ended. */
final class Sequence {
  final GenerationTask task;
  final int branch;
  final Policy policy;
  private final SampledTokens sampled = new SampledTokens();
  private SamplerState samplerState;
  private StopSequenceDetector stopDetector;
  private int computedTokens;
  private int resamples;
  private int publishedTokens;
  private int comparedTokens;
  private @Nullable FinishReason reason;
  private @Nullable String error;
  private boolean identical;
  private boolean started;
  private boolean endPublished;
  private @Nullable FloatBuffer firstLogits;

  Sequence(GenerationTask task, int branch) {
    this.task = task;
    this.branch = branch;
    this.policy = task.request().branches().get(branch).policy();
    this.samplerState = task.newSamplerState(branch, 0);
    this.stopDetector = task.newStopDetector();
  }

  /** Starts decoding: the slot holds the whole prompt now. */
  void start() {
    started = true;
    computedTokens = task.request().prompt().length;
  }

  boolean started() {
    return started;
  }

  /** Keeps the logits after the prompt, in case the completion must be resampled. */
  void keepFirstLogits(float[] logits) {
    firstLogits = FloatBuffer.wrap(logits);
  }

  @Nullable FloatBuffer firstLogits() {
    return firstLogits;
  }

  SamplerState samplerState() {
    return samplerState;
  }

  /** Tokens whose KV the slot holds. */
  int computedTokens() {
    return computedTokens;
  }

  /** Counts the last token, whose KV a decode run has just written to the slot. */
  void advance() {
    computedTokens++;
  }

  int lastToken() {
    return sampled.token(sampled.size() - 1);
  }

  boolean ended() {
    return reason != null;
  }

  /** Appends a sampled token and ends the completion if it is the last. */
  void append(SampledToken token) {
    sampled.add(token);
    Ending ending = task.request().ending();
    boolean last = task.isEndToken(token.token()) && sampled.size() > ending.minTokens();
    boolean written = !last || ending.includeStop();
    if ((written && stopDetector.push(token.token())) || last) {
      end(FinishReason.STOP, null);
    } else if (sampled.size() == task.maxCompletionTokens()) {
      end(FinishReason.LENGTH, null);
    }
  }

  /** Ends the completion, unless it has ended. */
  void end(FinishReason finishReason, @Nullable String message) {
    if (reason == null) {
      reason = finishReason;
      error = message;
      stopDetector.finish();
    }
  }

  /** Whether all tokens equal those of the sibling it must differ from. */
  boolean equalsSibling() {
    Sequence first = task.sibling(this);
    return first != null && isComplete() && first.isComplete() && sampled.sameTokens(first.sampled);
  }

  private boolean isComplete() {
    return reason == FinishReason.STOP || reason == FinishReason.LENGTH;
  }

  /** Starts again at the end of the prompt with another seed. */
  void resample() {
    resamples++;
    sampled.clear();
    samplerState = task.newSamplerState(branch, resamples);
    stopDetector = task.newStopDetector();
    comparedTokens = 0;
    reason = null;
    computedTokens = task.request().prompt().length;
  }

  int resamples() {
    return resamples;
  }

  void markIdentical() {
    identical = true;
  }

  /** Passes new text, and the end, to the listener. */
  void publish() {
    if (endPublished || (reason == null && mayBeResampled())) {
      return;
    }
    String fresh = stopDetector.take();
    boolean moreTokens = publishedTokens < sampled.size();
    if (!fresh.isEmpty() || (moreTokens && reason != null)) {
      int from = publishedTokens;
      publishedTokens = sampled.size();
      task.publishText(
          new TextDelta(
              branch,
              fresh,
              sampled.tokens(from),
              sampled.logps(from),
              sampled.alternatives(from)));
    }
    if (reason != null) {
      endPublished = true;
      task.publishFinish(branch, completion(reason));
    }
  }

  /**
   * Whether it could still equal its sibling: nothing is shown until it differs, because shown text
   * cannot be taken back.
   */
  private boolean mayBeResampled() {
    Sequence first = task.sibling(this);
    if (first == null) {
      return false;
    }
    while (comparedTokens < Math.min(sampled.size(), first.sampled.size())
        && sampled.token(comparedTokens) == first.sampled.token(comparedTokens)) {
      comparedTokens++;
    }
    return comparedTokens == sampled.size();
  }

  private Completion completion(FinishReason finishReason) {
    return new Completion(
        policy.version(),
        sampled.tokens(0),
        sampled.logps(0),
        sampled.alternatives(0),
        stopDetector.text(),
        finishReason,
        error,
        identical);
  }
}

package dev.whetstone.engine;

import dev.whetstone.engine.sampling.SampledToken;
import dev.whetstone.engine.sampling.TokenLogprob;
import dev.whetstone.policy.Policy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;

/** A score request with the log-probs computed so far. */
final class ScoreTask implements Task {
  private final ScoreRequest request;
  private final TaskContext context;
  private final RequestTimer timer;
  private final CompletableFuture<Scores> result = new CompletableFuture<>();
  private final float[] logps;
  private final List<List<TokenLogprob>> alternatives = new ArrayList<>();
  private int scored;
  private boolean ended;

  ScoreTask(ScoreRequest request, TaskContext context) {
    this.request = request;
    this.context = context;
    this.timer = new RequestTimer(context.clock());
    this.logps = new float[request.completion().length];
  }

  ScoreRequest request() {
    return request;
  }

  @Override
  public RequestTimer timer() {
    return timer;
  }

  CompletableFuture<Scores> result() {
    return result;
  }

  /** Prompt and completion without the last token: the logits after it are not needed. */
  int[] input() {
    int[] prompt = request.prompt();
    int[] input = new int[prompt.length + logps.length - 1];
    System.arraycopy(prompt, 0, input, 0, prompt.length);
    System.arraycopy(request.completion(), 0, input, prompt.length, logps.length - 1);
    return input;
  }

  /** The completion token that the next row of logits predicts. */
  int nextToken() {
    return request.completion()[scored];
  }

  void add(SampledToken token) {
    logps[scored++] = token.logp();
    if (!token.alternatives().isEmpty()) {
      alternatives.add(token.alternatives());
    }
  }

  void finish() {
    Scores scores = new Scores(logps, timer.timings().cachedTokens(), List.copyOf(alternatives));
    end(() -> result.complete(scores));
  }

  @Override
  public void abort(FinishReason reason, String error) {
    Exception cause =
        reason == FinishReason.CANCELLED
            ? new CancellationException()
            : context.clock().instant().isBefore(deadline())
                ? new IllegalStateException(error)
                : new TimeoutException(error);
    end(() -> result.completeExceptionally(cause));
  }

  private void end(Runnable completion) {
    if (!ended) {
      ended = true;
      context.onEnd().accept(this);
      Thread.startVirtualThread(completion);
    }
  }

  @Override
  public Requester requester() {
    return Requester.INTERNAL;
  }

  @Override
  public int slots() {
    return 1;
  }

  @Override
  public int promptTokens() {
    return request.prompt().length + logps.length;
  }

  @Override
  public Duration timeout() {
    return request.timeout();
  }

  @Override
  public boolean cancelled() {
    return result.isCancelled();
  }

  @Override
  public List<Policy> policies() {
    return List.of(request.policy());
  }
}

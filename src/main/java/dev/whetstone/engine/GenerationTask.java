package dev.whetstone.engine;

import dev.whetstone.engine.sampling.SamplerState;
import dev.whetstone.engine.sampling.SamplingParameters;
import dev.whetstone.policy.Policy;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A generation request with its sequences, one a branch. They exist once the request is admitted:
 * one that waits holds no state of its branches.
 */
final class GenerationTask implements Task, Generation {
  private static final Logger LOG = Logger.getLogger(GenerationTask.class);

  private final GenerationRequest request;
  private final GenerationListener listener;
  private final TaskContext context;
  private final RequestTimer timer;
  private final Set<Integer> endTokens;
  private List<Sequence> sequences = List.of();
  private final @Nullable Completion[] completions;
  private final CompletableFuture<List<Completion>> result = new CompletableFuture<>();
  private volatile boolean cancelled;
  private volatile @Nullable Timings timings;

  GenerationTask(GenerationRequest request, GenerationListener listener, TaskContext context) {
    this.request = request;
    this.listener = listener;
    this.context = context;
    this.timer = new RequestTimer(context.clock());
    this.completions = new Completion[request.branches().size()];
    this.endTokens = request.ending().tokens(context.eosIds());
  }

  GenerationRequest request() {
    return request;
  }

  @Override
  public RequestTimer timer() {
    return timer;
  }

  /**
   * The sequences that share the next prefill: of the first version that has not started, as many
   * as there are free slots. Empty when all have started or ended.
   */
  List<Sequence> nextToPrefill(int freeSlots) {
    if (sequences.isEmpty()) {
      sequences =
          IntStream.range(0, branches()).mapToObj(branch -> new Sequence(this, branch)).toList();
    }
    List<Sequence> all = unstarted().toList();
    return all.stream()
        .filter(s -> s.policy.hash().equals(all.getFirst().policy.hash()))
        .limit(freeSlots)
        .toList();
  }

  /** Slots that must be free once the prompt of {@code next} is computed: a pair's both. */
  int slotsToStart(List<Sequence> next) {
    return request.distinct() ? (int) unstarted().count() : next.size();
  }

  private Stream<Sequence> unstarted() {
    return sequences.stream().filter(s -> !s.started() && !s.ended());
  }

  /** Whether a branch waits for a slot. */
  boolean isPartlyStarted() {
    return unstarted().findAny().isPresent();
  }

  private int branches() {
    return request.branches().size();
  }

  /** The first branch, if {@code sequence} is the second one and must differ from it. */
  @Nullable Sequence sibling(Sequence sequence) {
    return request.distinct() && sequence.branch == 1 ? sequences.getFirst() : null;
  }

  SamplerState newSamplerState(int branch, int resample) {
    SamplingParameters sampling = request.branches().get(branch).sampling();
    if (resample > 0) {
      sampling = sampling.withSeed(SamplerState.resampleSeed(sampling.seed(), resample));
    }
    return new SamplerState(
        sampling,
        context.vocabularySize(),
        request.prompt(),
        request.grammar(),
        new SamplerState.Held(
            endTokens.stream().mapToInt(id -> id).toArray(), request.ending().minTokens()));
  }

  StopSequenceDetector newStopDetector() {
    return new StopSequenceDetector(
        context.detokenizers().get(), request.ending(), request.specialTokens());
  }

  boolean isEndToken(int token) {
    return endTokens.contains(token);
  }

  /** Maximum tokens of a completion: the request's limit, or less if the slot is shorter. */
  int maxCompletionTokens() {
    return Math.min(request.maxTokens(), context.slotLength() - request.prompt().length);
  }

  void publishText(TextDelta delta) {
    try {
      listener.onText(delta);
    } catch (GenerationListener.OverrunException overrun) {
      LOG.infof("a request is cancelled: %s", overrun.getMessage());
      cancelled = true;
    } catch (RuntimeException e) {
      LOG.warn("a generation listener threw; its request is cancelled", e);
      cancelled = true;
    }
  }

  void publishFinish(int branch, Completion completion) {
    completions[branch] = completion;
    try {
      listener.onFinish(branch, completion);
    } catch (RuntimeException e) {
      LOG.warn("a generation listener threw at the end of a branch", e);
    }
    if (Stream.of(completions).allMatch(Objects::nonNull)) {
      timings = timer.timings();
      context.onEnd().accept(this);
      var _ = result.completeAsync(() -> List.of(completions), Thread::startVirtualThread);
    }
  }

  @Override
  public void abort(FinishReason reason, String error) {
    String message = reason == FinishReason.ERROR ? error : null;
    for (Sequence sequence : sequences) {
      sequence.end(reason, message);
      sequence.publish();
    }
    if (sequences.isEmpty()) {
      for (int branch = 0; branch < branches(); branch++) {
        publishFinish(branch, Completion.unstarted(policies().get(branch), reason, message));
      }
    }
  }

  @Override
  public int slots() {
    // The sides of a pair are compared while they are written, and a duel compares their pace.
    return request.distinct() ? branches() : 1;
  }

  @Override
  public Requester requester() {
    return request.requester();
  }

  @Override
  public int promptTokens() {
    return request.prompt().length;
  }

  @Override
  public Duration timeout() {
    return request.timeout();
  }

  @Override
  public boolean cancelled() {
    return cancelled;
  }

  @Override
  public List<Policy> policies() {
    return request.branches().stream().map(CompletionSpec::policy).toList();
  }

  @Override
  public void cancel() {
    cancelled = true;
    context.wakeUp().run();
  }

  @Override
  public CompletableFuture<List<Completion>> result() {
    return result;
  }

  @Override
  public Timings timings() {
    Timings known = timings;
    return known == null ? timer.timings() : known;
  }
}

package dev.whetstone.gateway.generate;

import dev.whetstone.database.Database;
import dev.whetstone.engine.Completion;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.engine.Generation;
import dev.whetstone.engine.GenerationListener;
import dev.whetstone.engine.GenerationRequest;
import dev.whetstone.gateway.generate.KeptGeneration.KeptSide;
import dev.whetstone.gateway.generate.ReplayResource.FirstDifference;
import dev.whetstone.gateway.generate.ReplayResource.Replay;
import dev.whetstone.gateway.generate.ReplayResource.ReplayedAnswer;
import dev.whetstone.gateway.http.GatewayConfig;
import dev.whetstone.gateway.http.KeyQuota;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.ServedModel;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Has the engine write a kept answer or pair again, and compares the two. */
@Singleton
final class ReplayService {
  private final Database database;
  private final GatewayState serving;
  private final ReplayRequests requests;
  private final GenerationService generations;
  private final KeyQuota quota;
  private final GatewayConfig config;

  @Inject
  ReplayService(
      Database database,
      GatewayState serving,
      ReplayRequests requests,
      GenerationService generations,
      KeyQuota quota,
      GatewayConfig config) {
    this.database = database;
    this.serving = serving;
    this.requests = requests;
    this.generations = generations;
    this.quota = quota;
    this.config = config;
  }

  /**
   * Computes it again; nothing of it is kept, and no duel counts it.
   *
   * @throws ProblemException 404 when no such answer is kept, 409 saying why it cannot be computed
   *     again here, 503 when it was not written to its end
   */
  Replay replay(String id, RoutingContext http) {
    KeptGeneration kept =
        KeptGeneration.find(database, id)
            .orElseThrow(
                () -> ProblemException.of(404, "unknown_answer", "no such answer is kept"));
    ServedModel model = serving.model();
    String key = generations.caller().keyId();
    GenerationRequest request = requests.request(model, kept, key);
    quota.begin(key, http);
    Generation generation =
        generations.callEngine(
            model, () -> model.engine().submit(request, GenerationListener.NO_OP));
    http.addEndHandler(ended -> generation.cancel());
    List<Completion> done = generation.result().join();
    quota.charge(key, request.prompt().length);
    done.forEach(completion -> quota.charge(key, completion.tokens().length));
    return compare(model, kept, done);
  }

  private Replay compare(ServedModel model, KeptGeneration kept, List<Completion> done) {
    List<ReplayedAnswer> answers = new ArrayList<>();
    for (int i = 0; i < done.size(); i++) {
      Completion now = done.get(i);
      if (now.reason() == FinishReason.ERROR || now.reason() == FinishReason.CANCELLED) {
        throw ProblemException.retryLater(
            503,
            "deadline",
            "the answer was not written to its end: " + now.error(),
            (int) config.retryAfter().toSeconds());
      }
      answers.add(compare(model, kept.sides().get(i), now));
    }
    boolean same = answers.stream().allMatch(ReplayedAnswer::same);
    return new Replay(
        kept.id(),
        kept.createdAt(),
        same,
        same ? List.of() : reasons(model, kept, answers),
        answers);
  }

  private static ReplayedAnswer compare(ServedModel model, KeptSide then, Completion now) {
    int at = Arrays.mismatch(then.ids(), now.tokens());
    return new ReplayedAnswer(
        then.name(),
        then.policy(),
        at < 0,
        then.text(),
        now.text(),
        at < 0
            ? null
            : new FirstDifference(
                at,
                id(then.ids(), at),
                token(model, then.ids(), at),
                id(now.tokens(), at),
                token(model, now.tokens(), at)));
  }

  private static @Nullable Integer id(int[] ids, int at) {
    return at < ids.length ? ids[at] : null;
  }

  private static @Nullable String token(ServedModel model, int[] ids, int at) {
    return at < ids.length ? model.tokenizer().decode(new int[] {ids[at]}, false) : null;
  }

  private static List<String> reasons(
      ServedModel model, KeptGeneration kept, List<ReplayedAnswer> answers) {
    List<String> reasons = new ArrayList<>();
    reasons.add(
        "it may have been computed on another processor, in another weights format or by another"
            + " build; this gateway computes %s on %s"
                .formatted(model.graph().getFileName(), System.getProperty("os.arch")));
    if (kept.sides().stream().anyMatch(side -> !side.hash().equals(model.base().hash()))) {
      reasons.add(
          "an adapter's products round differently with the number and kinds of requests that are"
              + " computed beside them");
    }
    if (kept.isPair() && !answers.getFirst().same() && !answers.getLast().same()) {
      reasons.add("side b is drawn again while it equals side a, so that it may follow side a");
    }
    return reasons;
  }
}

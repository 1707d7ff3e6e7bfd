package dev.whetstone.gateway.generate;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.EngineClosedException;
import dev.whetstone.engine.Generation;
import dev.whetstone.engine.GenerationListener;
import dev.whetstone.engine.GenerationRequest;
import dev.whetstone.engine.PolicyNotStagedException;
import dev.whetstone.engine.QueueFullException;
import dev.whetstone.gateway.http.GatewayConfig;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.security.RandomIds;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.util.List;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** Runs planned generations and words their answers. */
@Singleton
public final class GenerationService {
  private static final int RESTAGINGS = 4;

  @Inject GatewayConfig config;
  @Inject RandomGenerator random;

  static final GenerationListener NOBODY =
      new GenerationListener() {
        @Override
        public void onText(int branch, String text, int[] tokens, float[] logps) {}

        @Override
        public void onFinish(int branch, Completion completion) {}
      };

  /** Checks a request of the OpenAI-compatible routes. */
  public GenerationPlan plan(
      ServedModel model, GenerateRequest asked, GenerationPlan.Extras extras) {
    return GenerationPlan.of(asked, extras, model, config, random);
  }

  /** Submits a request whose text nobody waits for before all of it is there. */
  public Generation submit(ServedModel model, GenerationRequest request, RoutingContext http) {
    return submit(model, request, NOBODY, http);
  }

  /**
   * Submits a request; the engine ends it when the client hangs up.
   *
   * @throws ProblemException 429 when too much waits, 503 while draining
   */
  public Generation submit(
      ServedModel model,
      GenerationRequest request,
      GenerationListener listener,
      RoutingContext http) {
    Generation generation = admit(model, () -> model.engine().submit(request, listener));
    http.addEndHandler(ended -> generation.cancel());
    return generation;
  }

  /**
   * Words what the engine says of a request it does not take. A version that was let go since the
   * request chose it is staged once more.
   */
  <T> T admit(ServedModel model, Supplier<T> submission) {
    for (int attempt = 1; ; attempt++) {
      try {
        return worded(submission);
      } catch (PolicyNotStagedException gone) {
        if (attempt == RESTAGINGS) {
          throw ProblemException.retryLater(503, "not_ready", String.valueOf(gone.getMessage()), 1);
        }
        model.policies().restage(gone.policy());
      }
    }
  }

  private <T> T worded(Supplier<T> submission) {
    try {
      return submission.get();
    } catch (PolicyNotStagedException gone) {
      throw gone;
    } catch (QueueFullException full) {
      throw ProblemException.retryLater(
          429,
          "queue_full",
          String.valueOf(full.getMessage()),
          (int) full.retryAfter().toSeconds());
    } catch (EngineClosedException closed) {
      throw ProblemException.retryLater(
          503, "draining", "the gateway is shutting down", (int) config.retryAfter().toSeconds());
    } catch (IllegalArgumentException unusable) {
      throw ProblemException.of(400, "invalid_field", String.valueOf(unusable.getMessage()));
    }
  }

  /** An answer as server-sent events that no proxy may hold back. */
  public static Response stream(StreamingOutput body) {
    return Response.ok(body)
        .type(MediaType.SERVER_SENT_EVENTS)
        .header("Cache-Control", "no-cache")
        .header("X-Accel-Buffering", "no")
        .build();
  }

  /** The whole answer to a request for one completion. */
  static GenerateResponse.Single answer(GenerationPlan plan, Generation generation) {
    List<Completion> done = generation.result().join();
    return new GenerateResponse.Single(
        RandomIds.draw("gen"),
        plan.policy().version(),
        GenerateResponse.Text.of(done.getFirst()),
        GenerateResponse.Usage.of(plan.prompt().ids().length, done, generation.timings()),
        GenerateResponse.Times.of(generation.timings()));
  }
}

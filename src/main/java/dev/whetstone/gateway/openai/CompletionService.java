package dev.whetstone.gateway.openai;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.engine.Completion;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.engine.Generation;
import dev.whetstone.gateway.generate.GenerateRequest;
import dev.whetstone.gateway.generate.GenerationPlan;
import dev.whetstone.gateway.generate.GenerationService;
import dev.whetstone.gateway.http.EventStream;
import dev.whetstone.gateway.http.GatewayConfig;
import dev.whetstone.gateway.http.Problem;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.http.RateLimiter;
import dev.whetstone.gateway.http.RequestLog;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.security.RandomIds;
import dev.whetstone.security.Role;
import io.quarkus.security.identity.SecurityIdentity;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Runs the requests of both OpenAI-compatible generation routes. */
@Singleton
final class CompletionService {
  /**
   * An OpenAI request translated to the gateway's own.
   *
   * @param usage whether a stream ends with the token counts
   * @param logprobs whether the response has the tokens' log-probs
   */
  record Asked(
      GenerateRequest request, GenerationPlan.Extras extras, boolean usage, boolean logprobs) {}

  private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8);

  @Inject GatewayState serving;
  @Inject GenerationService generations;
  @Inject GatewayConfig config;
  @Inject InstantSource clock;
  @Inject ObjectMapper mapper;
  @Inject RateLimiter limits;
  @Inject SecurityIdentity identity;

  /** A request in progress. */
  private record Run(
      ServedModel model,
      GenerationPlan plan,
      CompletionFormat format,
      String id,
      long created,
      boolean usage,
      @Nullable Logprobs logprobs) {
    OpenAiResponses.Answer answer(
        boolean chunk,
        List<OpenAiResponses.Choice> choices,
        OpenAiResponses.@Nullable Usage counts) {
      return new OpenAiResponses.Answer(
          id,
          format.object(chunk),
          created,
          plan.policy().version(),
          plan.policy().hash(),
          choices,
          counts);
    }

    OpenAiResponses.Usage counts(Generation generation) {
      int prompt = plan.prompt().ids().length;
      int sampled =
          generation.result().join().stream().mapToInt(done -> done.tokens().length).sum();
      return new OpenAiResponses.Usage(
          prompt,
          sampled,
          prompt + sampled,
          new OpenAiResponses.PromptDetails(generation.timings().cachedTokens()));
    }
  }

  /**
   * Generates the response, whole or as a stream.
   *
   * @throws ProblemException as for POST /generate; 403 when anyone but an operator requests
   *     log-probs of a version other than the champion
   */
  Response answer(Asked request, CompletionFormat format, RoutingContext http) {
    ServedModel model = serving.model();
    limits.admit(identity.getPrincipal().getName(), request.request().user());
    GenerationPlan plan = generations.plan(model, request.request(), request.extras());
    RequestLog.policy(http, plan.policy().version());
    if (request.logprobs() && !mayReadLogprobs(model, plan)) {
      throw ProblemException.of(
          403,
          "forbidden",
          "only operators may read log-probs of versions other than the champion");
    }
    Run active =
        new Run(
            model,
            plan,
            format,
            RandomIds.draw(format.prefix()),
            clock.instant().getEpochSecond(),
            request.usage(),
            request.logprobs() ? new Logprobs(model.tokenizer()) : null);
    if (!Boolean.TRUE.equals(request.request().stream())) {
      Generation generation = generations.submit(model, plan.request(), http);
      return Response.ok(whole(active, generation)).type(MediaType.APPLICATION_JSON).build();
    }
    EventStream events = EventStream.to(http, config.streamBuffer());
    Generation generation = generations.submit(model, plan.request(), events, http);
    return GenerationService.stream(out -> stream(out, active, events, generation));
  }

  private boolean mayReadLogprobs(ServedModel model, GenerationPlan plan) {
    return identity.hasRole(Role.OPERATOR_ROLE)
        || plan.policy().hash().equals(model.policy(null).hash());
  }

  private static OpenAiResponses.Answer whole(Run active, Generation generation) {
    List<Completion> done = generation.result().join();
    done.stream()
        .filter(completion -> completion.reason() == FinishReason.ERROR)
        .findFirst()
        .ifPresent(
            failed -> {
              throw failure(failed);
            });
    List<OpenAiResponses.Choice> choices =
        IntStream.range(0, done.size())
            .mapToObj(i -> active.format.whole(i, done.get(i), active.logprobs))
            .toList();
    return active.answer(false, choices, active.counts(generation));
  }

  private static ProblemException failure(Completion failed) {
    return ProblemException.retryLater(503, "generation_failed", String.valueOf(failed.error()), 1);
  }

  private void stream(OutputStream out, Run active, EventStream events, Generation generation)
      throws IOException {
    int branches = active.plan.request().branches().size();
    int[] written = new int[branches];
    try {
      for (int i = 0; i < branches; i++) {
        OpenAiResponses.Choice opening = active.format.opening(i);
        if (opening != null) {
          send(out, active.answer(true, List.of(opening), null));
        }
      }
      events.forward(branches, piece -> write(out, active, piece, written));
      if (active.usage) {
        send(out, active.answer(true, List.of(), active.counts(generation)));
      }
      out.write(DONE);
      out.flush();
    } finally {
      generation.cancel();
    }
  }

  private void write(OutputStream out, Run active, EventStream.Piece piece, int[] written)
      throws IOException {
    Completion end = piece.end();
    if (end != null && end.reason() == FinishReason.ERROR) {
      Problem problem = failure(end).problem();
      send(out, OpenAiErrorFilter.of(problem));
    }
    OpenAiResponses.Choice choice =
        end == null
            ? active.format.part(piece, written[piece.branch()], active.logprobs)
            : active.format.closing(piece.branch(), end.reason());
    written[piece.branch()] += piece.text().length();
    if (end != null || !piece.text().isEmpty()) {
      send(out, active.answer(true, List.of(choice), null));
    }
  }

  private void send(OutputStream out, Object data) throws IOException {
    EventStream.event(out, mapper, null, data);
  }
}

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

/** What both generating routes do: a request becomes a plan, the plan an answer or a stream. */
@Singleton
final class CompletionService {
  /**
   * A request in our own terms.
   *
   * @param usage whether a stream ends with the counts
   * @param logprobs whether tokens come with their log-probs
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

  /** One answer in the making. */
  private record Run(
      ServedModel model,
      GenerationPlan plan,
      CompletionFormat wording,
      String id,
      long created,
      boolean usage,
      @Nullable Logprobs logprobs) {
    OpenAiResponses.Answer answer(
        boolean part,
        List<OpenAiResponses.Choice> choices,
        OpenAiResponses.@Nullable Usage counts) {
      return new OpenAiResponses.Answer(
          id,
          wording.object(part),
          created,
          plan.policy().version(),
          plan.policy().hash(),
          choices,
          counts);
    }

    OpenAiResponses.Usage counts(Generation generation) {
      int prompt = plan.prompt().ids().length;
      int written =
          generation.result().join().stream().mapToInt(done -> done.tokens().length).sum();
      return new OpenAiResponses.Usage(
          prompt,
          written,
          prompt + written,
          new OpenAiResponses.PromptDetails(generation.timings().cachedTokens()));
    }
  }

  /**
   * Generates and words the answer.
   *
   * @throws ProblemException as for POST /generate; 403 when log-probs of a version other than the
   *     champion are asked for by anyone but an operator
   */
  Response answer(Asked asked, CompletionFormat wording, RoutingContext http) {
    ServedModel model = serving.model();
    limits.admit(identity.getPrincipal().getName(), asked.request().user());
    GenerationPlan plan = generations.plan(model, asked.request(), asked.extras());
    RequestLog.policy(http, plan.policy().version());
    if (asked.logprobs() && !mayReadLogprobs(model, plan)) {
      throw ProblemException.of(
          403, "forbidden", "log-probs of versions other than the champion are for operators");
    }
    Run run =
        new Run(
            model,
            plan,
            wording,
            RandomIds.draw(wording.prefix()),
            clock.instant().getEpochSecond(),
            asked.usage(),
            asked.logprobs() ? new Logprobs(model.tokenizer()) : null);
    if (!Boolean.TRUE.equals(asked.request().stream())) {
      Generation generation = generations.submit(model, plan.request(), http);
      return Response.ok(whole(run, generation)).type(MediaType.APPLICATION_JSON).build();
    }
    EventStream events = EventStream.to(http, config.streamBuffer());
    Generation generation = generations.submit(model, plan.request(), events, http);
    return GenerationService.stream(out -> stream(out, run, events, generation));
  }

  private boolean mayReadLogprobs(ServedModel model, GenerationPlan plan) {
    return identity.hasRole(Role.OPERATOR_ROLE)
        || plan.policy().hash().equals(model.policy(null).hash());
  }

  private static OpenAiResponses.Answer whole(Run run, Generation generation) {
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
            .mapToObj(i -> run.wording.whole(i, done.get(i), run.logprobs))
            .toList();
    return run.answer(false, choices, run.counts(generation));
  }

  private static ProblemException failure(Completion failed) {
    return ProblemException.retryLater(503, "generation_failed", String.valueOf(failed.error()), 1);
  }

  private void stream(OutputStream out, Run run, EventStream events, Generation generation)
      throws IOException {
    int branches = run.plan.request().branches().size();
    int[] written = new int[branches];
    try {
      for (int i = 0; i < branches; i++) {
        OpenAiResponses.Choice opening = run.wording.opening(i);
        if (opening != null) {
          send(out, run.answer(true, List.of(opening), null));
        }
      }
      events.forward(branches, piece -> write(out, run, piece, written));
      if (run.usage) {
        send(out, run.answer(true, List.of(), run.counts(generation)));
      }
      out.write(DONE);
      out.flush();
    } finally {
      generation.cancel();
    }
  }

  private void write(OutputStream out, Run run, EventStream.Piece piece, int[] written)
      throws IOException {
    Completion end = piece.end();
    if (end != null && end.reason() == FinishReason.ERROR) {
      Problem problem = failure(end).problem();
      send(out, OpenAiErrorFilter.of(problem));
    }
    OpenAiResponses.Choice choice =
        end == null
            ? run.wording.part(piece, written[piece.branch()], run.logprobs)
            : run.wording.closing(piece.branch(), end.reason());
    written[piece.branch()] += piece.text().length();
    if (end != null || !piece.text().isEmpty()) {
      send(out, run.answer(true, List.of(choice), null));
    }
  }

  private void send(OutputStream out, Object data) throws IOException {
    EventStream.event(out, mapper, null, data);
  }
}

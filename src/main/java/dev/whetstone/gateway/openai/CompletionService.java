package dev.whetstone.gateway.openai;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.engine.Completion;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.engine.Generation;
import dev.whetstone.gateway.generate.AnswerService;
import dev.whetstone.gateway.generate.GenerateRequest;
import dev.whetstone.gateway.generate.GenerationPlan;
import dev.whetstone.gateway.generate.GenerationService;
import dev.whetstone.gateway.http.EventStream;
import dev.whetstone.gateway.http.GatewayConfig;
import dev.whetstone.gateway.http.Problem;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.http.RateLimiter;
import dev.whetstone.gateway.http.RequestLog;
import dev.whetstone.gateway.http.RequestUser;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.security.RandomIds;
import dev.whetstone.security.Role;
import dev.whetstone.text.Conversation;
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
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Runs the requests of both OpenAI-compatible generation routes. */
@Singleton
final class CompletionService {
  /**
   * An OpenAI request translated to the gateway's own.
   *
   * @param streamUsage whether a stream ends with the token counts
   * @param logprobs whether the response has the tokens' log-probs
   * @param headers further ones of the response
   */
  record TranslatedRequest(
      GenerateRequest generateRequest,
      GenerationPlan.Extras extras,
      boolean streamUsage,
      boolean logprobs,
      Map<String, String> headers) {}

  private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8);

  @Inject GatewayState serving;
  @Inject GenerationService generations;
  @Inject AnswerService answers;
  @Inject GatewayConfig config;
  @Inject InstantSource clock;
  @Inject ObjectMapper mapper;
  @Inject RateLimiter limits;
  @Inject RequestUser users;
  @Inject SecurityIdentity identity;

  /** A request in progress. */
  private record ActiveRequest(
      ServedModel model,
      GenerateRequest asked,
      @Nullable Object messages,
      GenerationPlan plan,
      CompletionFormat format,
      String id,
      String shownHash,
      long created,
      boolean usage,
      @Nullable Logprobs logprobs) {
    OpenAiResponses.Answer answer(
        boolean chunk,
        List<OpenAiResponses.Choice> choices,
        OpenAiResponses.@Nullable Usage counts) {
      return new OpenAiResponses.Answer(
          id, format.object(chunk), created, plan.shownName(), shownHash, choices, counts);
    }

    OpenAiResponses.Usage counts(Generation generation) {
      int sampled =
          generation.result().join().stream().mapToInt(done -> done.tokens().length).sum();
      return OpenAiResponses.Usage.of(
          plan.prompt().ids().length, sampled, generation.timings().cachedTokens());
    }
  }

  /**
   * Generates the response, whole or as a stream.
   *
   * @throws ProblemException as for POST /generate; 403 when anyone but an operator requests
   *     log-probs of a version other than the champion
   */
  Response respond(TranslatedRequest request, CompletionFormat format, RoutingContext http) {
    ServedModel model = serving.model();
    GenerateRequest asked =
        request.generateRequest().forUser(users.believed(request.generateRequest().user()));
    limits.admit(users.key(), asked.user());
    GenerationPlan plan = generations.plan(model, asked, request.extras());
    RequestLog.setPolicy(http, plan.policy().version());
    requireReadable(request, model, plan);
    ActiveRequest active =
        new ActiveRequest(
            model,
            asked,
            messages(request),
            plan,
            format,
            RandomIds.generate(format.idPrefix()),
            generations.caller().shownHash(plan.policy(), model),
            clock.instant().getEpochSecond(),
            request.streamUsage(),
            request.logprobs() ? new Logprobs(model.tokenizer()) : null);
    if (!Boolean.TRUE.equals(request.generateRequest().stream())) {
      Generation generation = generations.submit(model, plan.request(), http);
      OpenAiResponses.Answer answer = awaitAnswer(active, generation);
      keep(active, generation);
      return with(request.headers(), Response.ok(answer).type(MediaType.APPLICATION_JSON).build());
    }
    EventStream events = EventStream.forRequest(http, config.streamBuffer());
    Generation generation = generations.submit(model, plan.request(), events, http);
    return with(
        request.headers(),
        GenerationService.streamResponse(out -> stream(out, active, events, generation)));
  }

  /** What a request's conversation is stored as; null for a raw prompt. */
  static @Nullable Object messages(TranslatedRequest request) {
    Conversation conversation = request.extras().conversation();
    return conversation == null ? request.generateRequest().messages() : conversation.messages();
  }

  private void keep(ActiveRequest active, Generation generation) {
    answers.keep(
        active.id,
        active.plan.request().requester().key(),
        active.asked,
        active.plan,
        active.messages,
        active.model.base().hash(),
        0,
        generation.result().join());
  }

  private static Response with(Map<String, String> headers, Response response) {
    headers.forEach((name, value) -> response.getHeaders().add(name, value));
    return response;
  }

  /** Refuses log-probs that the caller may not read with a 403. */
  void requireReadable(TranslatedRequest request, ServedModel model, GenerationPlan plan) {
    if (request.logprobs() && !mayReadLogprobs(model, plan)) {
      throw ProblemException.of(
          403,
          "forbidden",
          "only operators may read log-probs of versions other than the champion");
    }
  }

  private boolean mayReadLogprobs(ServedModel model, GenerationPlan plan) {
    return identity.hasRole(Role.OPERATOR_ROLE)
        || plan.policy().hash().equals(model.policy(null).hash());
  }

  private static OpenAiResponses.Answer awaitAnswer(ActiveRequest active, Generation generation) {
    List<Completion> done = await(generation);
    List<OpenAiResponses.Choice> choices =
        IntStream.range(0, done.size())
            .mapToObj(i -> active.format.completeChoice(i, done.get(i), active.logprobs))
            .toList();
    return active.answer(false, choices, active.counts(generation));
  }

  /** Waits for completions; throws a 503 if one failed. */
  static List<Completion> await(Generation generation) {
    List<Completion> done = generation.result().join();
    for (Completion completion : done) {
      if (completion.reason() == FinishReason.ERROR) {
        throw failure(completion);
      }
    }
    return done;
  }

  private static ProblemException failure(Completion failed) {
    return ProblemException.retryLater(503, "generation_failed", String.valueOf(failed.error()), 1);
  }

  private void stream(
      OutputStream out, ActiveRequest active, EventStream events, Generation generation)
      throws IOException {
    int branches = active.plan.request().branches().size();
    int[] written = new int[branches];
    try {
      for (int i = 0; i < branches; i++) {
        OpenAiResponses.Choice opening = active.format.openingChunk(i);
        if (opening != null) {
          send(out, active.answer(true, List.of(opening), null));
        }
      }
      if (!forward(out, active, events, written)) {
        return;
      }
      keep(active, generation);
      if (active.usage) {
        send(out, active.answer(true, List.of(), active.counts(generation)));
      }
      out.write(DONE);
      out.flush();
    } finally {
      generation.cancel();
    }
  }

  /** Ends a stream whose last event is the error. */
  private static final class BranchFailedException extends IOException {
    BranchFailedException(String message) {
      super(message);
    }
  }

  /** Writes all pieces; false if a branch failed, after which there is no more to come. */
  private boolean forward(OutputStream out, ActiveRequest active, EventStream events, int[] written)
      throws IOException {
    try {
      events.forward(written.length, piece -> write(out, active, piece, written));
      return true;
    } catch (BranchFailedException reported) {
      return false;
    }
  }

  private void write(OutputStream out, ActiveRequest active, EventStream.Piece piece, int[] written)
      throws IOException {
    Completion end = piece.completion();
    if (end != null && end.reason() == FinishReason.ERROR) {
      Problem problem = failure(end).problem();
      send(out, OpenAiErrorFilter.of(problem));
      throw new BranchFailedException(problem.detail());
    }
    if (end == null && piece.text().isEmpty()) {
      return;
    }
    List<OpenAiResponses.Choice> choices =
        end == null
            ? active.format.chunks(piece, written[piece.branch()], active.logprobs)
            : active.format.closingChunks(piece.branch(), end.reason());
    written[piece.branch()] += piece.text().length();
    for (OpenAiResponses.Choice choice : choices) {
      send(out, active.answer(true, List.of(choice), null));
    }
  }

  private void send(OutputStream out, Object data) throws IOException {
    EventStream.writeEvent(out, mapper, null, data);
  }
}

package dev.whetstone.gateway.openai;

import dev.whetstone.database.DatabaseException;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.engine.Completion;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.engine.Generation;
import dev.whetstone.gateway.generate.AnswerService;
import dev.whetstone.gateway.generate.GenerateRequest;
import dev.whetstone.gateway.generate.GenerationPlan;
import dev.whetstone.gateway.generate.GenerationService;
import dev.whetstone.gateway.generate.PairService;
import dev.whetstone.gateway.http.EventStream;
import dev.whetstone.gateway.http.EventStreams;
import dev.whetstone.gateway.http.EventWriter;
import dev.whetstone.gateway.http.Problem;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.http.RequestAdmission;
import dev.whetstone.gateway.http.RequestLog;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.text.Conversation;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Runs the requests of the routes for other APIs' clients. */
@Singleton
public final class CompletionService {
  private final GatewayState serving;
  private final GenerationService generations;
  private final PairService pairs;
  private final AnswerService answers;
  private final InstantSource clock;
  private final RequestAdmission admission;
  private final EventStreams streams;

  @Inject
  CompletionService(
      GatewayState serving,
      GenerationService generations,
      PairService pairs,
      AnswerService answers,
      InstantSource clock,
      RequestAdmission admission,
      EventStreams streams) {
    this.serving = serving;
    this.generations = generations;
    this.pairs = pairs;
    this.answers = answers;
    this.clock = clock;
    this.admission = admission;
    this.streams = streams;
  }

  /**
   * Generates the response, whole or as a stream.
   *
   * @param form makes the form of the answer
   * @throws ProblemException as for POST /generate; 403 when anyone but an operator requests
   *     log-probs of a version other than the champion
   */
  public Response respond(
      TranslatedRequest request, Function<Begun, AnswerForm> form, RoutingContext http) {
    ServedModel model = serving.model();
    GenerateRequest asked =
        request
            .generateRequest()
            .forUser(admission.admitBelieved(request.generateRequest().user()));
    GenerationPlan plan = generations.plan(model, asked, request.extras());
    if (!plan.pair()) {
      RequestLog.setPolicy(http, plan.policy().version());
    }
    requireReadable(request, model, plan);
    PairService.Draft draft = plan.pair() ? pairs.begin(admission.key(), asked, plan) : null;
    Begun begun = begun(request, model, plan, draft);
    AnswerForm answer = form.apply(begun);
    if (!Boolean.TRUE.equals(request.generateRequest().stream())) {
      Generation generation = generations.submit(model, plan, http);
      List<Completion> done = await(generation);
      store(draft, asked, begun, answer.id(), generation);
      return with(
          request.headers(),
          Response.ok(answer.whole(done, counts(begun, generation)))
              .type(MediaType.APPLICATION_JSON)
              .build());
    }
    EventStream events = streams.open(http);
    Generation generation = generations.submit(model, plan, events, http);
    return with(
        request.headers(),
        streams.response(
            out -> {
              try {
                stream(
                    out,
                    begun,
                    answer,
                    events,
                    generation,
                    () -> store(draft, asked, begun, answer.id(), generation));
              } finally {
                generation.cancel();
              }
            }));
  }

  private Begun begun(
      TranslatedRequest request,
      ServedModel model,
      GenerationPlan plan,
      PairService.@Nullable Draft draft) {
    long created = clock.instant().getEpochSecond();
    if (draft == null) {
      String hash = generations.caller().shownHash(plan.policy(), model);
      return new Begun(request, model, plan, plan.shownName(), hash, created, null);
    }
    // Nothing tells which version wrote a side, not even to operators.
    String asked = draft.asked().policy();
    return new Begun(
        request,
        model,
        plan,
        asked == null ? SamplingFields.UNNAMED : asked,
        model.base().hash(),
        created,
        draft.pairId());
  }

  /** Keeps what can be voted on or rated. */
  private void store(
      PairService.@Nullable Draft draft,
      GenerateRequest asked,
      Begun begun,
      String id,
      Generation generation) {
    String baseHash = begun.model().base().hash();
    if (draft != null) {
      pairs.awaitAndStore(draft, generation, baseHash);
      return;
    }
    answers.keep(
        id,
        begun.plan().request().requester().key(),
        asked,
        begun.plan(),
        messages(begun.request()),
        baseHash,
        0,
        generation.result().join());
  }

  /**
   * What a request's conversation is stored as; null for a raw prompt, and for one whose end puts
   * words into the model's mouth.
   */
  static @Nullable Object messages(TranslatedRequest request) {
    Conversation conversation = request.extras().conversation();
    if (conversation == null) {
      return request.generateRequest().messages();
    }
    return conversation.end() == Conversation.End.ANSWER ? conversation.messages() : null;
  }

  private static AnswerForm.Counts counts(Begun begun, Generation generation) {
    int sampled = generation.result().join().stream().mapToInt(done -> done.tokens().length).sum();
    // What was cached would tell what a duel chose.
    boolean blind = begun.pairId() != null || begun.plan().answer() != null;
    int cached = blind ? 0 : generation.timings().cachedTokens();
    return new AnswerForm.Counts(begun.plan().prompt().ids().length, sampled, cached);
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
    return generations.caller().operator()
        || plan.policy().hash().equals(model.policy(null).hash());
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

  private static void stream(
      EventWriter out,
      Begun begun,
      AnswerForm answer,
      EventStream events,
      Generation generation,
      Runnable beforeTheEnd)
      throws IOException {
    answer.begin(out);
    try {
      events.forward(begun.branches(), out, piece -> write(out, answer, piece));
      beforeTheEnd.run();
    } catch (BranchFailedException failed) {
      answer.fail(failed.problem, out);
      return;
    } catch (DatabaseUnavailableException | DatabaseException unkept) {
      // The response has already begun with a 200, so the problem has to be an event.
      answer.fail(PairService.problem(unkept), out);
      return;
    }
    answer.end(counts(begun, generation), out);
  }

  /** Ends a stream whose last event is the error. */
  private static final class BranchFailedException extends IOException {
    private final transient Problem problem;

    BranchFailedException(Problem problem) {
      super(problem.detail());
      this.problem = problem;
    }
  }

  private static void write(EventWriter out, AnswerForm answer, EventStream.Piece piece)
      throws IOException {
    Completion end = piece.completion();
    if (end == null) {
      if (!piece.text().isEmpty()) {
        answer.piece(piece, out);
      }
    } else if (end.reason() == FinishReason.ERROR) {
      throw new BranchFailedException(failure(end).problem());
    } else {
      answer.close(piece.branch(), end.reason(), out);
    }
  }
}

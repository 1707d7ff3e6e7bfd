package dev.whetstone.gateway.generate;

import dev.whetstone.database.DatabaseException;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.engine.Generation;
import dev.whetstone.gateway.http.EventStream;
import dev.whetstone.gateway.http.EventStreams;
import dev.whetstone.gateway.http.EventWriter;
import dev.whetstone.gateway.http.RequestAdmission;
import dev.whetstone.gateway.http.RequestLog;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.security.RandomIds;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Answers POST /generate: with one answer or a pair, whole or as a stream. */
@Singleton
final class GenerateResponder {
  private final GatewayState serving;
  private final GenerationService generations;
  private final PairService pairs;
  private final AnswerService answers;
  private final RequestAdmission admission;
  private final EventStreams streams;

  @Inject
  GenerateResponder(
      GatewayState serving,
      GenerationService generations,
      PairService pairs,
      AnswerService answers,
      RequestAdmission admission,
      EventStreams streams) {
    this.serving = serving;
    this.generations = generations;
    this.pairs = pairs;
    this.answers = answers;
    this.admission = admission;
    this.streams = streams;
  }

  /**
   * A request under way.
   *
   * @param draft null for a single answer
   */
  private record Begun(
      ServedModel model,
      GenerateRequest request,
      GenerationPlan plan,
      PairService.@Nullable Draft draft) {}

  Response respond(GenerateRequest body, RoutingContext http) {
    Begun begun = begin(body, http);
    if (!Boolean.TRUE.equals(body.stream())) {
      Generation generation = generations.submit(begun.model, begun.plan, http);
      return Response.ok(await(begun, generation)).type(MediaType.APPLICATION_JSON).build();
    }
    EventStream events = streams.open(http);
    Generation generation = generations.submit(begun.model, begun.plan, events, http);
    return streams.response(out -> stream(out, events, begun, generation));
  }

  private Begun begin(GenerateRequest body, RoutingContext http) {
    ServedModel model = serving.model();
    GenerateRequest request = body.forUser(admission.admit(body.user()));
    GenerationPlan plan = generations.plan(model, request, GenerationPlan.Extras.NONE);
    if (plan.pair()) {
      return new Begun(model, request, plan, pairs.begin(admission.key(), request, plan));
    }
    RequestLog.setPolicy(http, plan.policy().version());
    return new Begun(model, request, plan, null);
  }

  private Object await(Begun begun, Generation generation) {
    String baseHash = begun.model.base().hash();
    if (begun.draft != null) {
      return pairs.awaitAndStore(begun.draft, generation, baseHash);
    }
    String id = RandomIds.generate("gen");
    GenerationPlan plan = begun.plan;
    GenerateResponse.Single response = GenerationService.awaitResponse(id, plan, generation);
    answers.keep(
        id,
        plan.request().requester().key(),
        begun.request,
        plan,
        baseHash,
        generation.result().join());
    return response;
  }

  private void stream(EventWriter out, EventStream events, Begun begun, Generation generation)
      throws IOException {
    try {
      out.comment();
      events.forward(
          begun.plan.request().branches().size(),
          out,
          piece -> {
            if (!piece.text().isEmpty()) {
              String side = begun.draft == null ? null : PairService.Draft.side(piece.branch());
              out.event("token", new GenerateResponse.Token(side, piece.text()));
            }
          });
      out.event("done", await(begun, generation));
    } catch (DatabaseUnavailableException | DatabaseException unkept) {
      // The response has already begun with a 200, so the problem has to be an event.
      out.event("error", PairService.problem(unkept));
    } finally {
      generation.cancel();
    }
  }
}

package dev.whetstone.gateway.openai.responses;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.engine.TextDelta;
import dev.whetstone.engine.sampling.SamplingParameters;
import dev.whetstone.gateway.http.EventStream;
import dev.whetstone.gateway.http.EventWriter;
import dev.whetstone.gateway.http.Problem;
import dev.whetstone.gateway.openai.AnswerForm;
import dev.whetstone.gateway.openai.AnswerPart;
import dev.whetstone.gateway.openai.AnswerReader;
import dev.whetstone.gateway.openai.Begun;
import dev.whetstone.gateway.openai.Logprobs;
import dev.whetstone.gateway.openai.OpenAiResponses.TokenInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Answers of /v1/responses: an object with output items, or the events of its growth. */
final class ResponsesForm implements AnswerForm {
  private static final String IN_PROGRESS = "in_progress";
  private static final String COMPLETED = "completed";
  private static final String INCOMPLETE = "incomplete";

  private final ResponsesRequest request;
  private final Begun begun;
  private final AnswerReader.Form parts;
  private final AnswerReader reader;
  private final String id;
  private final @Nullable Logprobs logprobs;
  private final List<TokenInfo> unsent = new ArrayList<>();
  private @Nullable OutputWriter output;
  private String status = IN_PROGRESS;

  ResponsesForm(ResponsesRequest request, Begun begun, AnswerReader.Form parts) {
    this.request = request;
    this.begun = begun;
    this.parts = parts;
    this.reader = new AnswerReader(parts);
    this.id = begun.id("resp");
    this.logprobs = begun.logprobs();
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public ResponseBody whole(List<Completion> done, Counts counts) {
    Completion answer = done.getFirst();
    OutputWriter items = new OutputWriter(null);
    List<TokenInfo> tokens =
        logprobs == null
            ? List.of()
            : logprobs.chat(answer.tokens(), answer.logps(), answer.topLogprobs()).content();
    status = status(answer.reason());
    try {
      for (AnswerPart part : AnswerReader.read(parts, answer.text())) {
        items.add(part, part instanceof AnswerPart.Text ? tokens : List.of());
        tokens = part instanceof AnswerPart.Text ? List.of() : tokens;
      }
      items.finish(status);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return body(items.items(), counts, null);
  }

  private static String status(FinishReason reason) {
    return reason == FinishReason.STOP ? COMPLETED : INCOMPLETE;
  }

  @Override
  public void begin(EventWriter out) throws IOException {
    OutputWriter writer = writer(out);
    writer.send("response.created", body(List.of(), null, null));
    writer.send("response.in_progress", body(List.of(), null, null));
  }

  private OutputWriter writer(EventWriter out) {
    OutputWriter writer = output;
    if (writer == null) {
      writer = new OutputWriter(out);
      output = writer;
    }
    return writer;
  }

  @Override
  public void piece(EventStream.Piece piece, EventWriter out) throws IOException {
    if (logprobs != null) {
      TextDelta delta = piece.delta();
      unsent.addAll(logprobs.chat(delta.tokens(), delta.logps(), delta.alternatives()).content());
    }
    add(reader.push(piece.text()), out);
  }

  private void add(List<AnswerPart> found, EventWriter out) throws IOException {
    for (AnswerPart part : found) {
      writer(out).add(part, unsent);
      unsent.clear();
    }
  }

  @Override
  public void close(int branch, FinishReason reason, EventWriter out) throws IOException {
    add(reader.finish(), out);
    status = status(reason);
    writer(out).finish(status);
  }

  @Override
  public void end(Counts counts, EventWriter out) throws IOException {
    OutputWriter writer = writer(out);
    writer.send("response." + status, body(writer.items(), counts, null));
  }

  @Override
  public void fail(Problem problem, EventWriter out) throws IOException {
    OutputWriter writer = writer(out);
    writer.error(problem.code(), problem.detail());
    status = "failed";
    ResponseBody.Failure failure = new ResponseBody.Failure("server_error", problem.detail());
    writer.send("response.failed", body(writer.items(), null, failure));
  }

  private ResponseBody body(
      List<ResponseBody.Item> items,
      @Nullable Counts counts,
      ResponseBody.@Nullable Failure failure) {
    SamplingParameters sampling = begun.plan().request().branches().getFirst().sampling();
    return new ResponseBody(
        id,
        "response",
        begun.created(),
        status,
        false,
        failure,
        status.equals(INCOMPLETE) ? new ResponseBody.Incomplete("max_output_tokens") : null,
        request.instructions(),
        request.maxOutputTokens(),
        begun.shownName(),
        items,
        !Boolean.FALSE.equals(request.parallelToolCalls()),
        null,
        new ResponseBody.Reasoning(null, null),
        false,
        sampling.temperature(),
        new ResponseBody.Text(
            ResponseBody.orDefault(
                request.text() == null ? null : request.text().get("format"),
                Map.of("type", "text"))),
        ResponseBody.orDefault(request.toolChoice(), "auto"),
        ResponseBody.orDefault(request.tools(), List.of()),
        sampling.topP(),
        request.truncation() == null ? "disabled" : request.truncation(),
        counts == null ? null : ResponseBody.Usage.of(counts),
        request.user(),
        Map.of());
  }
}

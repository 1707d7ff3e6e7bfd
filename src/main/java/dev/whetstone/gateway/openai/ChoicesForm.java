package dev.whetstone.gateway.openai;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.gateway.http.EventStream;
import dev.whetstone.gateway.http.EventWriter;
import dev.whetstone.gateway.http.Problem;
import dev.whetstone.gateway.openai.OpenAiResponses.Choice;
import dev.whetstone.gateway.openai.TranslatedRequest.UsageInStream;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Answers of chat completions and of text completions: lists of choices. */
final class ChoicesForm implements AnswerForm {
  private static final String DONE = "[DONE]";

  private final Begun begun;
  private final CompletionFormat format;
  private final String id;
  private final @Nullable Logprobs logprobs;
  private final int[] written;
  private int tokens;

  ChoicesForm(Begun begun, CompletionFormat format) {
    this.begun = begun;
    this.format = format;
    this.id = begun.id(format.idPrefix());
    this.logprobs = begun.logprobs();
    this.written = new int[begun.branches()];
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public OpenAiResponses.Answer whole(List<Completion> done, Counts counts) {
    List<Choice> choices =
        IntStream.range(0, done.size())
            .mapToObj(i -> format.completeChoice(i, done.get(i), logprobs))
            .toList();
    return answer(false, choices, OpenAiResponses.Usage.of(counts));
  }

  private OpenAiResponses.Answer answer(
      boolean chunk, List<Choice> choices, OpenAiResponses.@Nullable Usage usage) {
    return new OpenAiResponses.Answer(
        id,
        format.object(chunk),
        begun.created(),
        begun.shownName(),
        begun.shownHash(),
        choices,
        usage,
        begun.pairId());
  }

  @Override
  public void begin(EventWriter out) throws IOException {
    for (int i = 0; i < begun.branches(); i++) {
      Choice opening = format.openingChunk(i);
      if (opening == null) {
        out.comment();
      } else {
        send(opening, out);
      }
    }
  }

  @Override
  public void piece(EventStream.Piece piece, EventWriter out) throws IOException {
    tokens += piece.delta().tokens().length;
    for (Choice choice : format.chunks(piece, written[piece.branch()], logprobs)) {
      send(choice, out);
    }
    written[piece.branch()] += piece.text().length();
  }

  @Override
  public void close(int branch, FinishReason reason, EventWriter out) throws IOException {
    for (Choice choice : format.closingChunks(branch, reason)) {
      send(choice, out);
    }
  }

  @Override
  public void end(Counts counts, EventWriter out) throws IOException {
    if (begun.request().usageInStream() != UsageInStream.NOWHERE) {
      out.event(null, answer(true, List.of(), OpenAiResponses.Usage.of(counts)));
    }
    out.text(DONE);
  }

  @Override
  public void fail(Problem problem, EventWriter out) throws IOException {
    out.event(null, OpenAiErrorFilter.of(problem));
  }

  /** The counts of what was written, for streams that have them in every event. */
  private OpenAiResponses.@Nullable Usage usageSoFar() {
    return begun.request().usageInStream() == UsageInStream.EVERYWHERE
        ? OpenAiResponses.Usage.of(
            new Counts(begun.plan().prompt().ids().length, tokens, /* cached= */ 0))
        : null;
  }

  private void send(Choice choice, EventWriter out) throws IOException {
    out.event(null, answer(true, List.of(choice), usageSoFar()));
  }
}

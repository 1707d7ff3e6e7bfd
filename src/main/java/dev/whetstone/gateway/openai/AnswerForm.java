package dev.whetstone.gateway.openai;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.gateway.http.EventStream;
import dev.whetstone.gateway.http.EventWriter;
import dev.whetstone.gateway.http.Problem;
import java.io.IOException;
import java.util.List;

/** The answer to one request in the form of one API, whole or as events. For one thread. */
public interface AnswerForm {
  /**
   * Token counts of an answer.
   *
   * @param cached prompt tokens that came from the prefix cache
   */
  record Counts(int prompt, int completion, int cached) {}

  /** Names the answer. */
  String id();

  /** The body of a whole answer. */
  Object whole(List<Completion> done, Counts counts);

  /** Writes what comes before any text. */
  void begin(EventWriter out) throws IOException;

  /** Writes new text of a completion. */
  void piece(EventStream.Piece piece, EventWriter out) throws IOException;

  /** Writes the end of a completion. */
  void close(int branch, FinishReason reason, EventWriter out) throws IOException;

  /** Writes the end of the stream. */
  void end(Counts counts, EventWriter out) throws IOException;

  /** Writes the end of a stream that failed. */
  void fail(Problem problem, EventWriter out) throws IOException;
}

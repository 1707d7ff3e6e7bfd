package dev.whetstone.gateway.generate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.grammar.Grammar;
import dev.whetstone.grammar.TokenGrammar;
import dev.whetstone.grammar.TokenVocabulary;
import dev.whetstone.grammar.regex.PatternException;
import dev.whetstone.grammar.schema.CallShapes;
import dev.whetstone.grammar.schema.CallStyle;
import dev.whetstone.grammar.schema.SchemaException;
import dev.whetstone.text.Tokenizer;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Compiles the grammars of answers and keeps those used last. */
@Singleton
final class GrammarService {
  private static final int MAX_GRAMMARS = 64;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Cache<AnswerFormat, Grammar> grammars =
      Caffeine.newBuilder().maximumSize(MAX_GRAMMARS).build();
  private final Cache<Tokenizer, TokenVocabulary> vocabularies =
      Caffeine.newBuilder().weakKeys().build();
  private final Cache<Tokenizer, TokenVocabulary> markedVocabularies =
      Caffeine.newBuilder().weakKeys().build();

  /**
   * The grammar of a format for a model's tokens.
   *
   * @throws ProblemException 400 naming the field, when the schema cannot be kept
   */
  TokenGrammar compile(ServedModel model, AnswerFormat.Asked asked) {
    try {
      Grammar grammar = grammars.get(asked.format(), GrammarService::compile);
      boolean marked =
          asked.format() instanceof AnswerFormat.ToolCalls calls
              && calls.style() == CallStyle.MISTRAL;
      return new TokenGrammar(
          grammar,
          (marked ? markedVocabularies : vocabularies)
              .get(model.tokenizer(), _ -> vocabulary(model, marked)));
    } catch (SchemaException | PatternException unusable) {
      throw ProblemException.badField(
          asked.field(), "invalid_schema", String.valueOf(unusable.getMessage()));
    }
  }

  private static Grammar compile(AnswerFormat format) {
    return switch (format) {
      case AnswerFormat.JsonObject() -> Grammar.ofJsonObject();
      case AnswerFormat.Schema schema -> Grammar.ofSchema(tree(schema.schema()), schema.ordered());
      case AnswerFormat.ToolCalls calls ->
          Grammar.ofCalls(
              calls.tools().stream()
                  .map(t -> new CallShapes.Tool(t.name(), tree(t.parameters()), t.strict()))
                  .toList(),
              calls.style(),
              calls.forced(),
              calls.parallel());
      case AnswerFormat.Choices choices -> Grammar.ofChoices(choices.texts());
    };
  }

  private static JsonNode tree(String schema) {
    try {
      return JSON.readTree(schema);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("a tree was not written as JSON", impossible);
    }
  }

  /**
   * The tokens of a model.
   *
   * @param marked whether the mark before calls may be sampled, which adds no text
   */
  private static TokenVocabulary vocabulary(ServedModel model, boolean marked) {
    Tokenizer tokenizer = model.tokenizer();
    return TokenVocabulary.of(
        tokenizer.vocabularySize(),
        id -> marked ? markedBytes(tokenizer, id) : tokenizer.renderedBytes(id),
        model.config().eosIds());
  }

  private static byte[] markedBytes(Tokenizer tokenizer, int id) {
    byte[] rendered = tokenizer.renderedBytes(id);
    if (rendered.length == 1 && (rendered[0] & 0xff) == CallStyle.MARK_BYTE) {
      return new byte[0];
    }
    byte[] mark = CallStyle.MISTRAL_MARK.getBytes(StandardCharsets.US_ASCII);
    return rendered.length == 0 && Arrays.equals(tokenizer.bytes(id), mark)
        ? new byte[] {(byte) CallStyle.MARK_BYTE}
        : rendered;
  }
}

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
import dev.whetstone.grammar.schema.SchemaException;
import dev.whetstone.text.Tokenizer;
import jakarta.inject.Singleton;
import java.util.stream.IntStream;

/** Compiles the grammars of answers and keeps those used last. */
@Singleton
final class GrammarService {
  private static final int MAX_GRAMMARS = 64;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Cache<AnswerFormat, Grammar> grammars =
      Caffeine.newBuilder().maximumSize(MAX_GRAMMARS).build();
  private final Cache<Tokenizer, TokenVocabulary> vocabularies =
      Caffeine.newBuilder().weakKeys().build();

  /**
   * The grammar of a format for a model's tokens.
   *
   * @throws ProblemException 400 naming the field, when the schema cannot be kept
   */
  TokenGrammar compile(ServedModel model, AnswerFormat.Asked asked) {
    try {
      Grammar grammar = grammars.get(asked.format(), GrammarService::compile);
      return new TokenGrammar(grammar, vocabularies.get(model.tokenizer(), _ -> vocabulary(model)));
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

  private static TokenVocabulary vocabulary(ServedModel model) {
    Tokenizer tokenizer = model.tokenizer();
    byte[][] bytes =
        IntStream.range(0, tokenizer.vocabularySize())
            .mapToObj(tokenizer::renderedBytes)
            .toArray(byte[][]::new);
    return new TokenVocabulary(bytes, model.config().eosIds());
  }
}

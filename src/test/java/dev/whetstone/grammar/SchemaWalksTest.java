package dev.whetstone.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.ExecutionContext;
import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import dev.whetstone.grammar.schema.SchemaException;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the masks let through, a validator of others finds valid. */
class SchemaWalksTest {
  private static final JsonSchemaFactory JUDGE =
      JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);

  @Test
  void randomWalksValidate() throws Exception {
    walk(0, 300, 5);
  }

  @Test
  @Tag("long")
  void manyRandomWalksValidate() throws Exception {
    walk(1_000, 10_000, 20);
  }

  private static void walk(int from, int schemas, int walks) throws Exception {
    TokenVocabulary vocabulary = Vocabularies.small();
    int refused = 0;
    int endless = 0;
    long compile = 0;
    for (int seed = from; seed < from + schemas; seed++) {
      JsonNode schema = new RandomSchemas(seed).next();
      TokenGrammar grammar;
      long before = System.nanoTime();
      try {
        grammar = new TokenGrammar(Grammar.ofSchema(schema, seed % 2 == 0), vocabulary);
      } catch (SchemaException contradiction) {
        assertThat(contradiction.getMessage())
            .as("%s", schema)
            .containsAnyOf("allows no value", "oneOf is supported where", "refers to itself");
        refused++;
        continue;
      } finally {
        compile += System.nanoTime() - before;
      }
      JsonSchema judge = JUDGE.getSchema(schema);
      RandomWalk walk = new RandomWalk(Vocabularies.pieces(), seed);
      for (int i = 0; i < walks; i++) {
        Optional<String> text = walk.text(grammar);
        if (text.isEmpty()) {
          endless++;
          continue;
        }
        Set<ValidationMessage> faults;
        try {
          faults = judge.validate(text.get(), InputFormat.JSON, SchemaWalksTest::withFormats);
        } catch (StackOverflowError beyondTheJudge) {
          // It follows a union that has itself as a member without end; such a schema is sound.
          continue;
        }
        assertThat(faults).as("schema %d %s%nwrote %s", seed, schema, text.get()).isEmpty();
      }
    }
    System.out.printf(
        "%d schemas, %d refused, %d walks without an end, %d ms to compile%n",
        schemas, refused, endless, compile / 1_000_000);
    assertThat(refused).isLessThan(schemas / 3);
    assertThat(endless).isLessThan(schemas * walks / 10);
  }

  private static void withFormats(ExecutionContext run) {
    run.getExecutionConfig().setFormatAssertionsEnabled(true);
  }
}

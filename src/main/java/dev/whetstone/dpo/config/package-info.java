/**
 * The settings of a training run. Begin with {@link TrainConfig}; {@link TrainConfigFile} reads and
 * writes it as JSON (the file of {@code --config}, the config of a recorded run), and {@code
 * TrlNames} says what the names of TRL, Transformers and PEFT mean here. All are immutable values
 * that check themselves when made.
 */
@NullMarked
package dev.whetstone.dpo.config;

import org.jspecify.annotations.NullMarked;

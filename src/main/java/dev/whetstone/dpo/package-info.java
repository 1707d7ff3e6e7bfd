/** Direct Preference Optimization: the trainer's loop, its optimizer and its checkpoints. */
@NullMarked
package dev.whetstone.dpo;

import org.jspecify.annotations.NullMarked;

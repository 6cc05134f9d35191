"""A program of ours is killed while it saves: TensorFlow restores a whole checkpoint from what is left behind."""
import random
import subprocess
import time

from harness import BIN, Case, tf


class Killed(Case):
    def kill_while_saving(self, mode, number):
        """The number of the last save that was reported before the program was killed."""
        folder = self.folder / str(number)
        folder.mkdir()
        process = subprocess.Popen([BIN / 'save_loop', mode, folder / 'model'], stdout=subprocess.PIPE, text=True)
        for _ in range(3):
            self.assertTrue(process.stdout.readline(), 'save_loop ended by itself')
        time.sleep(random.Random(number).uniform(0, .05))
        process.kill()
        reported = process.communicate()[0].split()
        return folder, int(reported[-1]) if reported else 3

    def numbers_in(self, prefix):
        """The values in a checkpoint: one, if it is whole."""
        reader = tf.train.load_checkpoint(prefix)
        return {number for i in range(4) for number in reader.get_tensor(f'v{i}').ravel().tolist()}

    def test_the_newest_checkpoint_is_whole(self):
        for number in range(15):
            with self.subTest(number):
                folder, reported = self.kill_while_saving('steps', number)
                state = tf.train.get_checkpoint_state(str(folder))
                newest = int(state.model_checkpoint_path.rsplit('-', 1)[1])
                self.assertIn(newest, (reported, reported + 1))
                for path in state.all_model_checkpoint_paths:
                    self.assertEqual(self.numbers_in(path), {int(path.rsplit('-', 1)[1])})

    def test_a_checkpoint_that_is_written_again_is_never_a_mixture(self):
        for number in range(15):
            with self.subTest(number):
                folder, reported = self.kill_while_saving('same', number)
                try:
                    numbers = self.numbers_in(str(folder / 'model'))
                except tf.errors.OpError as error:
                    # Killed between the two renames, as can happen to TensorFlow: noticed, not believed.
                    self.assertIn('Checksum does not match', str(error))
                    continue
                self.assertIn(numbers, ({reported}, {reported + 1}))

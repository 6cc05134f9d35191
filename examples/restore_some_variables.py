"""A Saver of a list restores these variables only: the others have no value until they are initialised."""
import tensorflow.compat.v1 as tf

import example
from add_model import AddModel, save_model


def restore_a(prefix):
    model = AddModel(0., 5.)
    with tf.Session() as session:
        tf.train.Saver([model.a]).restore(session, prefix)
        print(f'a = {session.run(model.a):g}')
        try:
            session.run(model.add)
        except tf.errors.FailedPreconditionError as error:
            print(example.text(error))
        session.run(model.b.initializer)
        print(f'b = {session.run(model.b):g}, a + b = {session.run(model.add):g}')


if __name__ == '__main__':
    example.main(save_model, restore_a)

"""For inter_architecture_cifar.yaml: the CIFAR ResNets of He et al. with published weights."""

from safetensors.torch import load_file

from xaiplug import Model
from xaiplug_trainers.networks import CifarResNet


def cifar_resnet(blocks: int, weights: str) -> Model:
    """The network with `blocks` blocks a stage (3: ResNet-20, 9: ResNet-56), with its own normalisation."""
    network = CifarResNet(blocks=blocks)
    network.load_state_dict({name: value.float() for name, value in load_file(weights).items()}, strict=False)
    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    name = f"cifar-resnet{6 * blocks + 2}"
    return Model(network.eval(), mean=mean, std=std, input_range=(0.0, 1.0), name=name)

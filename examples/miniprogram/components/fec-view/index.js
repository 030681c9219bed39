/** Draws what a model of the SDK shows; tells what was pressed by the event `act`. */
Component({
  properties: { view: Object },
  data: { text: "" },
  methods: {
    onInput({ detail }) {
      this.setData({ text: detail.value });
    },
    onTap({ currentTarget }) {
      this.triggerEvent("act", { act: currentTarget.dataset.act, text: this.data.text });
    },
  },
});
